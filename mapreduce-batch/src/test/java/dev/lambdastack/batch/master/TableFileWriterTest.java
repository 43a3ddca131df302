package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableFileWriterTest {
  private static final int HEADER = 3;
  private static final int EVENTS = 600;
  private static final Schema NULL = Schema.create(Schema.Type.NULL);

  @TempDir private Path folder;

  // ---- random schemas and events of them

  /** A schema with every type, alone and within others, and events of it. */
  private static final class RandomEvents {
    private final Random random;
    private int names;

    RandomEvents(Random random) {
      this.random = random;
    }

    Schema schema() {
      List<Schema> all = new ArrayList<>(singles());
      for (Schema single : singles()) {
        all.add(nullable(single));
      }
      all.add(NULL);
      all.add(Schema.createUnion(single()));
      for (int i = 0; i < 3; i++) {
        all.add(record(2));
        all.add(nullable(record(2)));
        all.add(Schema.createArray(any(2)));
        all.add(Schema.createArray(nullable(single())));
        all.add(Schema.createMap(any(2)));
        all.add(Schema.createMap(nullable(single())));
        all.add(nullable(Schema.createArray(nullable(record(1)))));
        all.add(union(false));
        all.add(union(true));
      }

      Collections.shuffle(all, random);
      return recordOf(all);
    }

    private List<Schema> singles() {
      return List.of(
          Schema.create(Schema.Type.BOOLEAN),
          Schema.create(Schema.Type.INT),
          Schema.create(Schema.Type.LONG),
          Schema.create(Schema.Type.FLOAT),
          Schema.create(Schema.Type.DOUBLE),
          Schema.create(Schema.Type.STRING),
          Schema.create(Schema.Type.BYTES),
          of(LogicalTypes.decimal(9, 2), Schema.create(Schema.Type.BYTES)),
          of(LogicalTypes.decimal(18, 0), Schema.create(Schema.Type.BYTES)),
          of(LogicalTypes.decimal(38, 10), Schema.create(Schema.Type.BYTES)),
          of(LogicalTypes.decimal(7, 3), fixed(4)),
          of(LogicalTypes.decimal(18, 2), fixed(12)),
          of(LogicalTypes.decimal(21, 2), fixed(9)),
          of(LogicalTypes.decimal(38, 2), fixed(20)),
          fixed(16),
          of(LogicalTypes.uuid(), Schema.create(Schema.Type.STRING)),
          of(LogicalTypes.date(), Schema.create(Schema.Type.INT)),
          of(LogicalTypes.timeMillis(), Schema.create(Schema.Type.INT)),
          of(LogicalTypes.timeMicros(), Schema.create(Schema.Type.LONG)),
          of(LogicalTypes.timestampMillis(), Schema.create(Schema.Type.LONG)),
          of(LogicalTypes.timestampMicros(), Schema.create(Schema.Type.LONG)),
          of(LogicalTypes.localTimestampMillis(), Schema.create(Schema.Type.LONG)),
          of(LogicalTypes.localTimestampMicros(), Schema.create(Schema.Type.LONG)),
          SchemaBuilder.enumeration(name("Color")).namespace("a.b").symbols("RED", "GREEN"));
    }

    private static Schema of(LogicalType logical, Schema schema) {
      return logical.addToSchema(schema);
    }

    private Schema fixed(int size) {
      return Schema.createFixed(name("Fixed"), null, "a.b", size);
    }

    private String name(String what) {
      return what + ++names;
    }

    private Schema single() {
      List<Schema> singles = singles();
      return singles.get(random.nextInt(singles.size()));
    }

    private Schema nullable(Schema schema) {
      return random.nextBoolean()
          ? Schema.createUnion(NULL, schema)
          : Schema.createUnion(schema, NULL);
    }

    private Schema union(boolean withNull) {
      List<Schema> types =
          new ArrayList<>(
              List.of(
                  Schema.create(Schema.Type.STRING),
                  Schema.create(Schema.Type.LONG),
                  of(LogicalTypes.decimal(30, 2), Schema.create(Schema.Type.BYTES)),
                  record(1),
                  Schema.createArray(nullable(single())),
                  fixed(2)));
      Collections.shuffle(types, random);
      List<Schema> some = new ArrayList<>(types.subList(0, 2 + random.nextInt(4)));
      if (withNull) {
        some.add(random.nextInt(some.size() + 1), NULL);
      }
      return Schema.createUnion(some);
    }

    private Schema any(int depth) {
      return switch (random.nextInt(depth > 0 ? 6 : 2)) {
        case 0 -> single();
        case 1 -> nullable(single());
        case 2 -> record(depth - 1);
        case 3 -> Schema.createArray(any(depth - 1));
        case 4 -> Schema.createMap(any(depth - 1));
        default -> union(random.nextBoolean());
      };
    }

    private Schema record(int depth) {
      List<Schema> fields = new ArrayList<>(List.of(single()));
      for (int i = 0; i < 3; i++) {
        fields.add(random.nextInt(6) == 0 ? NULL : any(depth));
      }
      Collections.shuffle(fields, random);
      return recordOf(fields);
    }

    private Schema recordOf(List<Schema> types) {
      List<Schema.Field> fields = new ArrayList<>();
      for (Schema type : types) {
        fields.add(new Schema.Field("f" + fields.size(), type));
      }
      return Schema.createRecord(name("Record"), null, "a.b", false, fields);
    }

    GenericRecord event(Schema schema) {
      return (GenericRecord) value(schema);
    }

    private Object value(Schema schema) {
      LogicalType logical = schema.getLogicalType();
      return switch (schema.getType()) {
        case NULL -> null;
        case BOOLEAN -> random.nextBoolean();
        case INT -> random.nextInt() >> random.nextInt(31);
        case LONG -> time(logical, random.nextLong() >> random.nextInt(63));
        case FLOAT -> Float.intBitsToFloat(random.nextInt());
        case DOUBLE -> random.nextInt(9) == 0 ? Double.NaN : (Object) random.nextGaussian();
        case STRING -> new Utf8("ä€\0😀x".repeat(random.nextInt(4)) + random.nextInt(100));
        case BYTES -> ByteBuffer.wrap(bytes(logical, -1));
        case FIXED -> new GenericData.Fixed(schema, bytes(logical, schema.getFixedSize()));
        case ENUM ->
            new GenericData.EnumSymbol(
                schema,
                schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
        case UNION -> value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
        case ARRAY ->
            IntStream.range(0, random.nextInt(5))
                .mapToObj(i -> value(schema.getElementType()))
                .collect(Collectors.toCollection(ArrayList::new));
        case MAP -> {
          Map<Utf8, Object> entries = new HashMap<>();
          for (int i = random.nextInt(5); i > 0; i--) {
            entries.put(new Utf8("key" + i), value(schema.getValueType()));
          }
          yield entries;
        }
        case RECORD -> {
          GenericRecord record = new GenericData.Record(schema);
          schema.getFields().forEach(f -> record.put(f.pos(), value(f.schema())));
          yield record;
        }
      };
    }

    private static Object time(LogicalType logical, long any) {
      return logical instanceof LogicalTypes.TimestampMillis
              || logical instanceof LogicalTypes.LocalTimestampMillis
          ? any / 1000
          : any;
    }

    /** Of a decimal with at most its digits, and with more bytes than it needs, it may be. */
    private byte[] bytes(LogicalType logical, int size) {
      if (!(logical instanceof LogicalTypes.Decimal decimal)) {
        byte[] bytes = new byte[size < 0 ? random.nextInt(20) : size];
        random.nextBytes(bytes);
        return bytes;
      }

      BigInteger most = BigInteger.TEN.pow(decimal.getPrecision()).subtract(BigInteger.ONE);
      BigInteger value =
          switch (random.nextInt(6)) {
            case 0 -> most;
            case 1 -> most.negate();
            case 2 -> BigInteger.ZERO;
            default ->
                new BigInteger(decimal.getPrecision() * 3, random)
                    .multiply(BigInteger.valueOf(random.nextBoolean() ? 1 : -1));
          };
      byte[] least = value.toByteArray();
      byte[] bytes = new byte[size < 0 ? least.length + random.nextInt(20) / 10 * 5 : size];
      Arrays.fill(bytes, value.signum() < 0 ? (byte) -1 : 0);
      System.arraycopy(least, 0, bytes, bytes.length - least.length, least.length);
      return bytes;
    }
  }

  // ---- what is written is read

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyFieldOfEveryEventIsReadAsAvroHasIt(long seed) throws Exception {
    System.out.println("TableFileWriterTest: seed " + seed);
    Random random = new Random(seed);
    RandomEvents events = new RandomEvents(random);
    Schema schema = events.schema();
    List<GenericRecord> records = new ArrayList<>();
    // Few different events, many times, or many: columns with a dictionary and without.
    int different = random.nextBoolean() ? EVENTS : 50;
    for (int i = 0; i < EVENTS; i++) {
      records.add(i < different ? events.event(schema) : records.get(i % different));
    }

    List<byte[]> plain = new ArrayList<>();
    List<byte[]> inBlocks = new ArrayList<>();
    for (GenericRecord record : records) {
      plain.add(TableRows.encode(record, HEADER));
      inBlocks.add(TableRows.encodeInBlocks(record, HEADER));
    }
    assertThat(plain.stream().map(ByteBuffer::wrap).toList())
        .as("blocks that tell their length are other bytes")
        .isNotEqualTo(inBlocks.stream().map(ByteBuffer::wrap).toList());

    for (List<byte[]> encoded : List.of(plain, inBlocks)) {
      Path file = folder.resolve("f" + encoded.hashCode() + ".parquet");
      org.apache.iceberg.Schema columns = EventColumns.of("hits", schema);
      TableRows.write(file, columns, schema, encoded, HEADER);
      List<Record> rows = TableRows.read(file, columns);

      assertThat(rows).hasSize(EVENTS);
      for (int i = 0; i < EVENTS; i++) {
        Map<String, Object> expected = new HashMap<>();
        expected.putAll((Map<String, Object>) cast(TableRows.plain(schema, records.get(i))));
        expected.put("lambda_partition", 7);
        expected.put("lambda_offset", (long) i);
        expected.put(
            "lambda_append_time", Instant.ofEpochMilli(1_000 + i / 10).atOffset(ZoneOffset.UTC));
        expected.put("lambda_writer_schema", -77L);
        expected.put("lambda_raw", null);
        assertThat(cast(TableRows.plain(rows.get(i))))
            .as("event %d of seed %d", i, seed)
            .isEqualTo(expected);
        assertThat(TableRows.plain(schema, EventRecords.of(rows.get(i), schema)))
            .as("event %d of seed %d, from its row", i, seed)
            .isEqualTo(TableRows.plain(schema, records.get(i)));
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> cast(Object row) {
    return (Map<String, Object>) row;
  }

  // ---- what the table is told of a file

  private static final Schema HIT =
      SchemaBuilder.record("Hit")
          .fields()
          .name("event_time")
          .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
          .noDefault()
          .requiredString("user")
          .endRecord();

  private static byte[] hit(long time, String user) throws Exception {
    GenericRecord hit = new GenericData.Record(HIT);
    hit.put("event_time", time);
    hit.put("user", user);
    return TableRows.encode(hit, HEADER);
  }

  private TableLayout byDate(org.apache.iceberg.Schema columns) {
    return new TableLayout(
        folder.toUri().toString(),
        columns,
        PartitionSpec.builderFor(columns).day("event_time", "event_date").withSpecId(1).build(),
        PartitionSpec.unpartitioned(),
        SortOrder.builderFor(columns).asc("event_time").build(),
        Map.of(
            "write.metadata.metrics.default", "none",
            "write.metadata.metrics.column.event_time", "full",
            "write.metadata.metrics.column.lambda_offset", "full"));
  }

  @Test
  void theTableKnowsBoundsCountsDateAndLength() throws Exception {
    org.apache.iceberg.Schema columns = EventColumns.of("hits", HIT);
    TableLayout layout = byDate(columns);
    Path path = folder.resolve("day.parquet");
    long noon = Instant.parse("2026-01-31T12:00:00.123Z").toEpochMilli();
    byte[] sent = {1, 2, 3};
    DataFile file;
    try (TableFileWriter writer =
        TableFileWriter.create(
            new Configuration(),
            layout,
            new org.apache.hadoop.fs.Path(path.toUri()),
            HIT,
            100_000)) {
      for (int i = 0; i < 1_000; i++) {
        writer.write(hit(noon + i, "u" + i), HEADER, 3, 50 + i, noon, 5, i == 7 ? sent : null);
      }
      assertThat(writer.estimatedLengthBytes()).isPositive();
      file = writer.finish(Optional.of(LocalDate.parse("2026-01-31")));
    }

    assertThat(file.recordCount()).isEqualTo(1_000);
    assertThat(file.fileSizeInBytes()).isEqualTo(Files.size(path));
    assertThat(file.partition().get(0, Integer.class))
        .isEqualTo((int) LocalDate.parse("2026-01-31").toEpochDay());
    assertThat(file.splitOffsets()).isNotEmpty();
    assertThat(file.sortOrderId()).isEqualTo(layout.order().orderId());

    int time = columns.findField("event_time").fieldId();
    int offset = columns.findField("lambda_offset").fieldId();
    assertThat(file.lowerBounds()).containsOnlyKeys(time, offset);
    assertThat(
            (Long)
                Conversions.fromByteBuffer(
                    Types.TimestampType.withZone(), file.lowerBounds().get(time)))
        .isEqualTo(noon * 1000);
    assertThat(
            (Long)
                Conversions.fromByteBuffer(
                    Types.TimestampType.withZone(), file.upperBounds().get(time)))
        .isEqualTo((noon + 999) * 1000);
    assertThat(
            (Long) Conversions.fromByteBuffer(Types.LongType.get(), file.lowerBounds().get(offset)))
        .isEqualTo(50);
    assertThat(
            (Long) Conversions.fromByteBuffer(Types.LongType.get(), file.upperBounds().get(offset)))
        .isEqualTo(1_049);

    LiveFile live = LiveFile.of(file, 1, columns, Map.of(1, layout.byDate()), "event_time");
    assertThat(live.offsets()).isEqualTo(new LiveFile.Range(50, 1_049));
    assertThat(live.partitions()).as("has no bounds here").isEqualTo(LiveFile.Range.ANY);
    assertThat(live.eventTimes()).isEqualTo(new LiveFile.Range(noon, noon + 999));
    assertThat(live.date()).hasValue(LocalDate.parse("2026-01-31"));

    List<Record> rows = TableRows.read(path, columns);
    assertThat(rows.get(7).getField("lambda_raw")).isEqualTo(ByteBuffer.wrap(sent));
    assertThat(rows).filteredOn(r -> r.getField("lambda_raw") != null).hasSize(1);
  }

  /** It goes through a task's report. */
  @Test
  void aFilesEntryAndALayoutAreReadAsTheyWereWritten() throws Exception {
    org.apache.iceberg.Schema columns = EventColumns.of("hits", HIT);
    TableLayout layout = byDate(columns);
    assertThat(TableLayout.fromJson(layout.toJson()).toJson()).isEqualTo(layout.toJson());
    assertThat(TableLayout.fromJson(layout.toJson()).properties()).isEqualTo(layout.properties());

    for (Optional<LocalDate> date :
        List.of(Optional.of(LocalDate.parse("1969-12-30")), Optional.<LocalDate>empty())) {
      Path path = folder.resolve(date.map(LocalDate::toString).orElse("mixed") + ".parquet");
      DataFile file;
      try (TableFileWriter writer =
          TableFileWriter.create(
              new Configuration(),
              layout,
              new org.apache.hadoop.fs.Path(path.toUri()),
              HIT,
              100_000)) {
        writer.write(hit(-100_000_000, "u"), HEADER, 3, 50, 0, 5, null);
        file = writer.finish(date);
      }

      DataFile read = layout.file(layout.toJson(file));
      assertThat(read.location()).isEqualTo(file.location());
      assertThat(read.specId()).isEqualTo(date.isPresent() ? 1 : 0);
      assertThat(read.lowerBounds()).isEqualTo(file.lowerBounds());
      assertThat(read.upperBounds()).isEqualTo(file.upperBounds());
      assertThat(read.recordCount()).isEqualTo(1);
      assertThat(read.fileSizeInBytes()).isEqualTo(file.fileSizeInBytes());
      assertThat(read.splitOffsets()).isEqualTo(file.splitOffsets());
      LiveFile live =
          LiveFile.of(
              read, 1, columns, Map.of(1, layout.byDate(), 0, layout.mixed()), "event_time");
      assertThat(live.date()).isEqualTo(date);
      assertThat(live.eventTimes()).isEqualTo(new LiveFile.Range(-100_000_000, -100_000_000));
    }
  }

  @Test
  void pagesAreCompressedAndHaveChecksums() throws Exception {
    Path path = folder.resolve("pages.parquet");
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      events.add(hit(i, "user-" + i));
    }
    TableRows.write(path, EventColumns.of("hits", HIT), HIT, events, HEADER);

    Configuration conf = new Configuration();
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(path.toUri());
    try (ParquetFileReader reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, conf))) {
      assertThat(reader.getRowGroups())
          .as("row groups of the size that was asked for")
          .hasSizeGreaterThan(3);
      assertThat(reader.getRowGroups().stream().flatMap(b -> b.getColumns().stream()))
          .extracting(ColumnChunkMetaData::getCodec)
          .containsOnly(CompressionCodecName.ZSTD);
      assertThat(reader.getFileMetaData().getKeyValueMetaData().get(TableFileWriter.PINNED))
          .isEqualTo(Fingerprints.of(HIT));
    }
    assertThat(FileCheck.ofPages(conf, file.toString(), 50_000)).isEmpty();
    assertThat(FileCheck.ofRows(conf, file.toString(), 49_999).orElseThrow())
        .contains("has 50000 rows, its table says 49999");

    // One bit, in the middle of a page.
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length / 2] ^= 1;
    Files.delete(path);
    Files.deleteIfExists(folder.resolve(".pages.parquet.crc"));
    Files.write(path, bytes);
    assertThat(FileCheck.ofRows(conf, file.toString(), 50_000)).isEmpty();
    assertThat(FileCheck.ofPages(conf, file.toString(), 50_000).orElseThrow())
        .contains("pages.parquet is not what was written");
  }

  /**
   * A dictionary keeps a text of each event and not the event: memory is bounded by what is kept.
   */
  @Test
  void noEventIsHeldByTheFile() throws Exception {
    try (TableFileWriter writer =
        TableRows.writer(
            folder.resolve("held.parquet"), EventColumns.of("hits", HIT), HIT, 100_000)) {
      List<WeakReference<byte[]>> written = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] value = hit(i, "user-" + i / 2 + "x".repeat(100));
        writer.write(value, HEADER, 0, i, 0, 5, null);
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
}
