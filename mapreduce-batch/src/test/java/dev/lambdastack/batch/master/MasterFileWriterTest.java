package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MasterFileWriterTest {
  private static final int HEADER = 3;
  private static final int EVENTS = 2_000;
  private static final long WRITER_SCHEMA = -77;

  @TempDir private Path folder;

  /** Every kind of single value, as it is and as one that may be null, in any order. */
  private static Schema flat(Random random) {
    Schema bytes = Schema.create(Schema.Type.BYTES);
    List<Schema> kinds =
        new ArrayList<>(
            List.of(
                Schema.create(Schema.Type.BOOLEAN),
                Schema.create(Schema.Type.INT),
                Schema.create(Schema.Type.LONG),
                Schema.create(Schema.Type.FLOAT),
                Schema.create(Schema.Type.DOUBLE),
                Schema.create(Schema.Type.STRING),
                bytes,
                LogicalTypes.decimal(9, 2).addToSchema(Schema.create(Schema.Type.BYTES)),
                LogicalTypes.decimal(18, 2).addToSchema(Schema.createFixed("Money", "", "", 8)),
                Schema.createFixed("Digest", "", "", 16),
                LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING)),
                LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT)),
                LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG)),
                SchemaBuilder.enumeration("Color").symbols("RED", "GREEN", "BLUE")));
    List<Schema> all = new ArrayList<>(kinds);
    Schema nothing = Schema.create(Schema.Type.NULL);
    for (Schema kind : kinds) {
      all.add(
          random.nextBoolean()
              ? Schema.createUnion(nothing, kind)
              : Schema.createUnion(kind, nothing));
    }
    Collections.shuffle(all, random);
    List<Schema.Field> fields = new ArrayList<>();
    for (Schema schema : all) {
      fields.add(new Schema.Field("f" + fields.size(), schema));
    }
    return Schema.createRecord("Event", null, "test", false, fields);
  }

  private static byte[] bytes(GenericRecord event, BinaryEncoder[] encoder) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[HEADER]);
    encoder[0] = EncoderFactory.get().binaryEncoder(out, encoder[0]);
    new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder[0]);
    encoder[0].flush();
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void eventsAreWrittenAsTheirRecordsAreToTheByte(long seed) throws IOException {
    Random random = new Random(seed);
    Schema event = flat(random);
    Schema schema = FileSchema.of("t", event);
    Path whole = folder.resolve("whole.parquet");
    Path direct = folder.resolve("direct.parquet");
    BinaryEncoder[] encoder = new BinaryEncoder[1];
    // Few different events, many times: columns with a dictionary and without.
    List<GenericRecord> events = new ArrayList<>();
    for (Object data : new RandomData(event, random.nextBoolean() ? EVENTS : 50, seed)) {
      events.add((GenericRecord) data);
    }
    try (MasterFileWriter records = create(whole, schema);
        MasterFileWriter values = create(direct, schema)) {
      assertThat(values.takesEvents()).isTrue();
      GenericData.Record row = new GenericData.Record(schema);
      for (int i = 0; i < EVENTS; i++) {
        GenericRecord e = events.get(i % events.size());
        for (Schema.Field field : event.getFields()) {
          row.put(field.pos(), e.get(field.pos()));
        }
        row.put(FileSchema.PARTITION, 7);
        row.put(FileSchema.OFFSET, (long) i);
        row.put(FileSchema.APPEND_TIME, 1_000_000L + i / 10);
        row.put(FileSchema.WRITER_SCHEMA, WRITER_SCHEMA);
        row.put(FileSchema.RAW, null);
        records.write(row);
        values.writeEvent(bytes(e, encoder), HEADER, 7, i, 1_000_000L + i / 10, WRITER_SCHEMA);
      }
    }
    assertThat(direct).hasSameBinaryContentAs(whole);
    assertThat(Files.size(direct)).isGreaterThan(EVENTS);
  }

  /**
   * A dictionary keeps a text of each event and not the event: memory is bounded by what is kept.
   */
  @Test
  void noEventIsHeldByTheFile() throws Exception {
    Schema event =
        SchemaBuilder.record("Event")
            .fields()
            .requiredString("user")
            .requiredString("rest")
            .endRecord();
    BinaryEncoder[] encoder = new BinaryEncoder[1];
    try (MasterFileWriter writer =
        create(folder.resolve("held.parquet"), FileSchema.of("t", event))) {
      List<WeakReference<byte[]>> written = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        GenericData.Record e = new GenericData.Record(event);
        e.put("user", "user-" + i / 2);
        e.put("rest", "x".repeat(100));
        byte[] value = bytes(e, encoder);
        writer.writeEvent(value, HEADER, 0, i, 0, WRITER_SCHEMA);
        written.add(new WeakReference<>(value));
      }
      // The last one may be in the writer's hands still.
      written.remove(written.size() - 1);
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (written.stream().anyMatch(w -> w.get() != null) && System.nanoTime() < deadline) {
        System.gc();
        // Until the collector has cleared them, or the deadline.
        Thread.sleep(10);
      }
      assertThat(written).allMatch(w -> w.get() == null);
    }
  }

  @Test
  void nestedFieldsAreLeftToAvro() throws IOException {
    Schema nested =
        SchemaBuilder.record("Event")
            .fields()
            .requiredLong("time")
            .name("tags")
            .type()
            .array()
            .items()
            .stringType()
            .noDefault()
            .endRecord();
    try (MasterFileWriter writer =
        create(folder.resolve("nested.parquet"), FileSchema.of("t", nested))) {
      assertThat(writer.takesEvents()).isFalse();
    }
  }

  private static MasterFileWriter create(Path path, Schema schema) throws IOException {
    return MasterFileWriter.create(
        new Configuration(), new org.apache.hadoop.fs.Path(path.toUri()), schema, 100_000);
  }
}
