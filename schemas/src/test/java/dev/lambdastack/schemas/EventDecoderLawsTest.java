package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Row;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Laws of decoding, over random schemas, events and damage. */
class EventDecoderLawsTest {
  private static final long APPEND_TIME = Integer.MAX_VALUE * 1000L;

  /** One decoder for the archive (all columns) and one for a view (some of them). */
  private static final class Setup {
    final RandomEvents random;
    final Schema writer;
    final EventType type;
    final List<String> all;
    final List<String> some;
    final EventDecoder archive;
    final EventDecoder speed;

    Setup(long seed) {
      random = new RandomEvents(seed);
      RandomEvents.Schemas schemas = random.schemas();
      writer = schemas.writer();
      type = EventType.of("events", schemas.reader(), "event_time", "event_time");
      SchemaStore store = SchemaStore.of(List.of(new SchemaVersion(writer, 1, "test")));
      all = List.copyOf(type.columns().keySet());
      some = random.someOf(all);
      archive = new EventDecoder(store, type, all, Instant.EPOCH);
      speed = new EventDecoder(store, type, some, Instant.EPOCH);
    }
  }

  @Property(tries = 2000)
  void everyWrittenEventIsReadAsAvroReadsIt(@ForAll long seed) throws Exception {
    Setup s = new Setup(seed);
    for (int i = 0; i < 3; i++) {
      byte[] value = RandomEvents.encode(s.random.event(s.writer));
      DecodedEvent event = (DecodedEvent) s.speed.decode(value, 3, 14, APPEND_TIME);
      GenericRecord expected = readByAvro(s, value);
      assertThat(event.record()).isEqualTo(expected);
      assertThat(values(event.row(), s.type, s.some)).isEqualTo(values(expected, s.type, s.some));
      assertThat(event.eventTime()).isEqualTo(value(expected, s.type.column("event_time")));
      assertThat(event.row().partition()).isEqualTo(3);
      assertThat(event.row().offset()).isEqualTo(14);
    }
  }

  @Property(tries = 2000)
  void theDecisionDoesNotDependOnTheColumns(@ForAll long seed) {
    Setup s = new Setup(seed);
    byte[] good = RandomEvents.encode(s.random.event(s.writer));
    for (int i = 0; i < 10; i++) {
      byte[] bad = s.random.corrupt(good);
      Decoded archived = s.archive.decode(bad, 0, i, APPEND_TIME);
      Decoded sped = s.speed.decode(bad, 0, i, APPEND_TIME);
      if (archived instanceof DecodedEvent a) {
        DecodedEvent b = (DecodedEvent) sped;
        GenericRecord record = a.record();
        assertThat(b.record()).isEqualTo(record);
        assertThat(values(b.row(), s.type, s.some)).isEqualTo(values(record, s.type, s.some));
        assertThat(values(a.row(), s.type, s.all)).isEqualTo(values(record, s.type, s.all));
      } else {
        assertThat(sped).isEqualTo(archived);
      }
    }
  }

  /** Else the law above would say little. */
  @Example
  void someDamagedEventsAreStillEvents() {
    int events = 0;
    for (long seed = 0; seed < 300; seed++) {
      Setup s = new Setup(seed);
      byte[] good = RandomEvents.encode(s.random.event(s.writer));
      for (int i = 0; i < 10; i++) {
        byte[] bad = s.random.corrupt(good);
        if (s.speed.decode(bad, 0, 0, APPEND_TIME) instanceof DecodedEvent
            && !Arrays.equals(bad, good)) {
          events++;
        }
      }
    }
    assertThat(events).isBetween(150, 1500);
  }

  @Property(tries = 1000)
  void aDamagedEventDoesNotHarmTheNext(@ForAll long seed) throws Exception {
    Setup s = new Setup(seed);
    byte[] good = RandomEvents.encode(s.random.event(s.writer));
    for (int i = 0; i < 3; i++) {
      if (s.archive.decode(s.random.corrupt(good), 0, i, APPEND_TIME) instanceof DecodedEvent e) {
        e.record();
      }
      DecodedEvent event = (DecodedEvent) s.archive.decode(good, 0, i, APPEND_TIME);
      GenericRecord expected = readByAvro(s, good);
      assertThat(event.record()).isEqualTo(expected);
      assertThat(values(event.row(), s.type, s.all)).isEqualTo(values(expected, s.type, s.all));
    }
  }

  @Property(tries = 1000)
  void noPartOfAnEventIsOneNorIsAnEventWithMoreBehindIt(@ForAll long seed) {
    Setup s = new Setup(seed);
    byte[] good = RandomEvents.encode(s.random.event(s.writer));
    for (int length = 0; length < good.length; length++) {
      assertThat(s.speed.decode(Arrays.copyOf(good, length), 0, 0, APPEND_TIME))
          .isInstanceOf(Rejection.class);
    }
    for (byte more : new byte[] {0, 1, -1}) {
      byte[] longer = Arrays.copyOf(good, good.length + 1);
      longer[good.length] = more;
      assertThat(s.speed.decode(longer, 0, 0, APPEND_TIME)).isInstanceOf(Rejection.class);
    }
    assertThat(s.speed.decode(good, 0, 0, APPEND_TIME)).isInstanceOf(DecodedEvent.class);
  }

  @Property(tries = 2000)
  void bytesOfNoMeaningAreJudgedAlike(@ForAll long seed, @ForAll byte[] noise) {
    Setup s = new Setup(seed);
    byte[] value = Arrays.copyOf(RandomEvents.encode(s.random.event(s.writer)), 10 + noise.length);
    System.arraycopy(noise, 0, value, 10, noise.length);
    Decoded archived = s.archive.decode(value, 0, 0, APPEND_TIME);
    Decoded sped = s.speed.decode(value, 0, 0, APPEND_TIME);
    assertThat(sped.getClass()).isEqualTo(archived.getClass());
  }

  private static GenericRecord readByAvro(Setup s, byte[] value) throws Exception {
    // Not from an array: Avro then refuses some good events, see CheckedBytesDecoder.
    InputStream in =
        new FilterInputStream(new ByteArrayInputStream(value, 10, value.length - 10)) {};
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(in, null);
    GenericRecord record =
        new GenericDatumReader<GenericRecord>(s.writer, s.type.schema()).read(null, decoder);
    if (!decoder.isEnd()) {
      throw new IOException("bytes are left");
    }
    return record;
  }

  private static List<Object> values(Row row, EventType type, List<String> columns) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      values.add(
          row.isNull(i)
              ? null
              : switch (type.column(columns.get(i)).type()) {
                case STRING -> row.stringAt(i);
                case DOUBLE -> row.doubleAt(i);
                case LONG, DECIMAL, TIMESTAMP, BOOLEAN -> (Object) row.longAt(i);
              });
    }
    return values;
  }

  private static List<Object> values(GenericRecord record, EventType type, List<String> columns) {
    List<Object> values = new ArrayList<>();
    columns.forEach(c -> values.add(value(record, type.column(c))));
    return values;
  }

  /** By another way than the decoder's: through Avro's objects. */
  private static Object value(GenericRecord record, Column column) {
    Object value = record.get(column.name());
    if (value == null) {
      return null;
    }
    return switch (column.type()) {
      case STRING -> {
        String text = value.toString();
        assertThat(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
            .isEqualTo(text);
        yield text;
      }
      case LONG -> ((Number) value).longValue();
      case DOUBLE -> ((Number) value).doubleValue();
      case BOOLEAN -> (Boolean) value ? 1L : 0L;
      case TIMESTAMP -> {
        Schema schema = record.getSchema().getField(column.name()).schema();
        boolean micros = schema.toString().contains(LogicalTypes.timestampMicros().getName());
        yield micros ? Math.floorDiv((Long) value, 1000L) : (Long) value;
      }
      case DECIMAL -> {
        byte[] bytes = value instanceof GenericFixed f ? f.bytes() : toBytes((ByteBuffer) value);
        yield new BigInteger(bytes).longValueExact();
      }
    };
  }

  private static byte[] toBytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
