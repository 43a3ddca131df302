package dev.lambdastack.benchmarks;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Events of all types that an event may have, in three versions of their schema: the second adds
 * fields, the third widens, renames and drops some besides. What was sent is remembered.
 */
final class EngineEvents {
  static final String TOPIC = "orders";
  static final String EVENT_TIME = "event_time";
  static final int PARTITIONS = 3;

  /** The day that the document's query asks for lies within. */
  private static final Instant FROM = Instant.parse("2026-01-28T00:00:00Z");

  private static final int LATE_ONE_IN = 50;
  private static final Duration LATE = Duration.ofDays(40);

  /** Of each second day, about one in so many events has another version than is pinned. */
  private static final int OTHER_ONE_IN = 4;

  private static final List<String> CATEGORIES = List.of("books", "garden", "toys", "Möbel");
  private static final List<String> TEXTS =
      List.of("", "a", "grün", "日本", "𝄞", "two\nlines", "\"quoted\"", "back\\slash", "null");
  private static final int SECONDS_A_DAY = 86_400;
  private static final int MILLIS_A_DAY = SECONDS_A_DAY * 1000;

  /**
   * A record of the topic that is an event.
   *
   * @param value as it was sent
   * @param round when it was sent
   */
  record Sent(
      GenericRecord event,
      byte[] value,
      int partition,
      long offset,
      Instant appendTime,
      int round) {}

  /** A record of the topic that is none. */
  record Dead(byte[] value, int partition, long offset) {}

  private final List<SchemaVersion> versions;
  private final Random random;
  private final List<Sent> sent = new ArrayList<>();
  private final List<Dead> dead = new ArrayList<>();
  private long orders;

  EngineEvents(Random random) throws IOException {
    this.random = random;
    this.versions = IntStream.rangeClosed(1, 3).mapToObj(EngineEvents::version).toList();
  }

  private static SchemaVersion version(int number) {
    String name = "analyst_order.v" + number + ".avsc";
    try (InputStream text = EngineEvents.class.getResourceAsStream("/engines/" + name)) {
      return new SchemaVersion(new SchemaParser().parse(text).mainSchema(), number, name);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  Schema schema(int version) {
    return versions.get(version - 1).schema();
  }

  EventType type(int version) {
    return EventType.of(TOPIC, schema(version), EVENT_TIME, "order_id");
  }

  /** The versions that are known while one of them is pinned: it can read all of them. */
  SchemaStore store(int pinned) {
    return SchemaStore.of(versions.subList(0, Math.max(2, pinned)));
  }

  List<Sent> sent() {
    return sent;
  }

  List<Dead> dead() {
    return dead;
  }

  /**
   * Sends about so many events, and a few records that are none.
   *
   * @param days of event time, from the first one on, but for those that are late
   */
  void send(LambdaConfig config, int count, int pinned, int round, Duration days) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(LogClients.producer(config.kafka()))) {
      List<GenericRecord> events = new ArrayList<>();
      List<byte[]> values = new ArrayList<>();
      List<Future<RecordMetadata>> answers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        GenericRecord event = random(pinned, i, days);
        byte[] value = encode(event);
        events.add(event);
        values.add(value);
        answers.add(
            producer.send(new ProducerRecord<>(TOPIC, random.nextInt(PARTITIONS), null, value)));
      }

      for (int i = 0; i < count; i++) {
        RecordMetadata place = answers.get(i).get();
        sent.add(
            new Sent(
                events.get(i),
                values.get(i),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.timestamp()),
                round));
      }

      for (byte[] value : noEvents(pinned)) {
        RecordMetadata place =
            producer
                .send(new ProducerRecord<>(TOPIC, random.nextInt(PARTITIONS), null, value))
                .get();
        dead.add(new Dead(value, place.partition(), place.offset()));
      }
    }
  }

  private GenericRecord random(int pinned, int index, Duration days) {
    Instant time = FROM.plusMillis(random.nextLong(days.toMillis()));
    boolean isLate = index % LATE_ONE_IN == LATE_ONE_IN - 1;
    Instant eventTime = isLate ? time.minusMillis(random.nextLong(LATE.toMillis())) : time;
    boolean isOther =
        eventTime.getEpochSecond() / SECONDS_A_DAY % 2 == 0 && random.nextInt(OTHER_ONE_IN) == 0;
    return event(schema(isOther ? 1 + random.nextInt(Math.max(2, pinned)) : pinned), eventTime);
  }

  private List<byte[]> noEvents(int pinned) throws IOException {
    byte[] cut = encode(event(schema(pinned), FROM));
    byte[] unknown = cut.clone();
    unknown[3] ^= 0x55;
    List<byte[]> values = new ArrayList<>();
    values.add("no event".getBytes(StandardCharsets.UTF_8));
    values.add(null);
    values.add(Arrays.copyOf(cut, cut.length - 1));
    values.add(unknown);
    values.add(encode(event(schema(pinned), Instant.parse("1985-01-01T00:00:00Z"))));
    return values;
  }

  private GenericRecord event(Schema schema, Instant eventTime) {
    GenericRecord event = (GenericRecord) value(schema);
    boolean isWide = schema.getField("quantity").schema().getType() == Schema.Type.LONG;
    int quantity = random.nextInt(2000) - 1000;
    event.put("order_id", orders++);
    event.put("quantity", isWide ? (Object) (long) quantity : (Object) quantity);
    event.put("category", CATEGORIES.get(random.nextInt(CATEGORIES.size())));
    event.put(EVENT_TIME, eventTime.toEpochMilli());
    return event;
  }

  private Object value(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case RECORD -> {
        GenericData.Record record = new GenericData.Record(schema);
        schema.getFields().forEach(f -> record.put(f.pos(), value(f.schema())));
        yield record;
      }
      case UNION -> value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(value(schema.getElementType()));
        }
        yield items;
      }
      case MAP -> {
        Map<String, Object> entries = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          entries.put("k" + random.nextInt(5) + "é", value(schema.getValueType()));
        }
        yield entries;
      }
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case FIXED -> new GenericData.Fixed(schema, fixed(schema));
      case BYTES ->
          ByteBuffer.wrap(
              logical instanceof LogicalTypes.Decimal decimal
                  ? unscaled(decimal).toByteArray()
                  : bytes(random.nextInt(20)));
      case STRING -> text(logical);
      case INT -> integer(logical);
      case LONG -> number(logical);
      case FLOAT -> random.nextInt(8) == 0 ? 0f : random.nextFloat() * 1000 - 500;
      case DOUBLE -> random.nextInt(8) == 0 ? -1e300 : random.nextGaussian() * 1e6;
      case BOOLEAN -> random.nextBoolean();
      case NULL -> null;
    };
  }

  private String text(LogicalType logical) {
    if (logical instanceof LogicalTypes.Uuid) {
      return new UUID(random.nextLong(), random.nextLong()).toString();
    }
    return TEXTS.get(random.nextInt(TEXTS.size())) + (random.nextBoolean() ? random.nextInt() : "");
  }

  private int integer(LogicalType logical) {
    if (logical instanceof LogicalTypes.Date) {
      return random.nextInt(40_000) - 10_000;
    }
    return logical instanceof LogicalTypes.TimeMillis
        ? random.nextInt(MILLIS_A_DAY)
        : random.nextInt() >> random.nextInt(32);
  }

  private long number(LogicalType logical) {
    if (logical instanceof LogicalTypes.TimeMicros) {
      return random.nextLong(MILLIS_A_DAY * 1000L);
    }
    if (logical == null) {
      return random.nextLong() >> random.nextInt(64);
    }

    boolean isMillis =
        logical instanceof LogicalTypes.TimestampMillis
            || logical instanceof LogicalTypes.LocalTimestampMillis;
    // From 1902 to 2097: before Spark's calendars differ.
    long millis = random.nextLong(195L * 365 * MILLIS_A_DAY) - 68L * 365 * MILLIS_A_DAY;
    return isMillis ? millis : millis * 1000 + random.nextInt(1000);
  }

  private BigInteger unscaled(LogicalTypes.Decimal decimal) {
    int digits = 1 + random.nextInt(decimal.getPrecision());
    BigInteger value = new BigInteger(140, random).mod(BigInteger.TEN.pow(digits));
    return random.nextBoolean() ? value : value.negate();
  }

  private byte[] fixed(Schema schema) {
    if (!(schema.getLogicalType() instanceof LogicalTypes.Decimal decimal)) {
      return bytes(schema.getFixedSize());
    }
    byte[] unscaled = unscaled(decimal).toByteArray();
    byte[] fixed = new byte[schema.getFixedSize()];
    Arrays.fill(fixed, (byte) (unscaled[0] < 0 ? -1 : 0));
    System.arraycopy(unscaled, 0, fixed, fixed.length - unscaled.length, unscaled.length);
    return fixed;
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] encode(GenericRecord event) throws IOException {
    ByteBuffer encoded =
        new BinaryMessageEncoder<GenericRecord>(new GenericData(), event.getSchema()).encode(event);
    byte[] value = new byte[encoded.remaining()];
    encoded.get(value);
    return value;
  }

  /** The event as a reader of another schema has it, by Avro itself. */
  static GenericRecord as(GenericRecord event, Schema reader) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
      encoder.flush();
      return new GenericDatumReader<GenericRecord>(event.getSchema(), reader)
          .read(null, DecoderFactory.get().binaryDecoder(out.toByteArray(), null));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The value of a field that is a decimal or a number. */
  static BigDecimal decimal(GenericRecord event, String field) {
    if (!(event.get(field) instanceof ByteBuffer bytes)) {
      return new BigDecimal(event.get(field).toString());
    }
    byte[] unscaled = new byte[bytes.remaining()];
    bytes.duplicate().get(unscaled);
    LogicalTypes.Decimal decimal =
        (LogicalTypes.Decimal) event.getSchema().getField(field).schema().getLogicalType();
    return new BigDecimal(new BigInteger(unscaled), decimal.getScale());
  }
}
