package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.aggregate.ColumnBatch;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MasterFileTest {
  /** As the event type says it, but that times are in microseconds. */
  private static final Schema SCHEMA =
      SchemaParser.parseSingle(
          """
          {"type":"record","name":"E","fields":[
          {"name":"text","type":"string"},
          {"name":"maybe_text","type":["null","string"]},
          {"name":"number","type":"int"},
          {"name":"maybe_number","type":["null","long"]},
          {"name":"money","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},
          {"name":"maybe_real","type":["null","float"]},
          {"name":"maybe_flag","type":["null","boolean"]},
          {"name":"time","type":{"type":"long","logicalType":"timestamp-micros"}}]}
          """);

  private static final List<String> COLUMNS =
      List.of(
          "text",
          "maybe_text",
          "number",
          "maybe_number",
          "money",
          "maybe_real",
          "maybe_flag",
          "time");

  private record Event(
      String text,
      String maybeText,
      int number,
      Long maybeNumber,
      long money,
      Float maybeReal,
      Boolean maybeFlag,
      long micros) {}

  @TempDir private Path folder;

  private static Event random(Random random, int distinct) {
    return new Event(
        "text-" + random.nextInt(distinct),
        random.nextInt(3) == 0 ? null : "ü" + random.nextInt(distinct),
        random.nextInt(),
        random.nextInt(3) == 0 ? null : (Long) random.nextLong(),
        random.nextInt(distinct) * (random.nextBoolean() ? -999_999_937L : 7L),
        random.nextInt(3) == 0 ? null : (Float) random.nextFloat(),
        random.nextInt(3) == 0 ? null : (Boolean) random.nextBoolean(),
        random.nextInt() * 1_000L + random.nextInt(1_000));
  }

  private org.apache.hadoop.fs.Path write(
      List<Event> events, boolean dictionary, long rowGroupBytes) throws IOException {
    org.apache.hadoop.fs.Path path = path("f" + System.nanoTime());
    try (ForeignFile file =
        ForeignFile.create(
            path,
            SCHEMA,
            ForeignFile.columns(SCHEMA),
            layout ->
                layout
                    .withDictionaryEncoding(dictionary)
                    .withDictionaryPageSize(4_096)
                    .withPageSize(2_048)
                    .withRowGroupSize(rowGroupBytes)
                    .withCompressionCodec(CompressionCodecName.ZSTD))) {
      long offset = 100;
      for (Event e : events) {
        GenericRecord event = new GenericData.Record(SCHEMA);
        event.put("text", e.text());
        event.put("maybe_text", e.maybeText());
        event.put("number", e.number());
        event.put("maybe_number", e.maybeNumber());
        event.put("money", ByteBuffer.wrap(BigInteger.valueOf(e.money()).toByteArray()));
        event.put("maybe_real", e.maybeReal());
        event.put("maybe_flag", e.maybeFlag());
        event.put("time", e.micros());
        file.write(event, 5, offset++, 4_000_000_000_000L, null);
      }
    }
    return path;
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(folder.resolve(name).toUri());
  }

  private static final Supplier<EventDecoder> NO_DECODER =
      () -> {
        throw new AssertionError("the file follows the pinned schema");
      };

  /** All of a file. */
  private static MasterFile open(
      org.apache.hadoop.fs.Path path, Projection projection, Supplier<EventDecoder> decoder)
      throws IOException {
    return MasterFile.open(
        new Configuration(),
        new FilePart(path.toString(), 0, Long.MAX_VALUE),
        projection,
        Fingerprints.of(projection.type().schema()),
        decoder,
        Optional.empty());
  }

  private static EventType type(Schema schema) {
    return EventType.of("t", schema, "time", "text");
  }

  /** All encodings: dictionaries alone, and none at all. */
  @ParameterizedTest
  @CsvSource({"20,true", "20,false", "3000,true", "100000,true"})
  void everyColumnIsWhatWasWritten(int distinct, boolean dictionary) throws Exception {
    Random random = new Random(distinct);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 6_000; i++) {
      events.add(random(random, distinct));
    }
    org.apache.hadoop.fs.Path path = write(events, dictionary, 60_000);
    try (ParquetFileReader footer = footer(path)) {
      assertThat(footer.getRowGroups()).hasSizeGreaterThan(2);
    }
    assertReads(events, path);
  }

  /** Many values come late: pages with ids first, pages without them after. */
  @Test
  void aDictionaryMayBeGivenUpMidway() throws Exception {
    Random random = new Random(1);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 12_000; i++) {
      events.add(random(random, i < 6_000 ? 20 : 100_000));
    }
    org.apache.hadoop.fs.Path path = write(events, true, 64 << 20);
    try (ParquetFileReader footer = footer(path)) {
      for (int column : List.of(0, 1, 4)) {
        var stats = footer.getRowGroups().get(0).getColumns().get(column).getEncodingStats();
        assertThat(stats.hasDictionaryEncodedPages()).isTrue();
        assertThat(stats.hasNonDictionaryEncodedPages()).isTrue();
      }
    }
    assertReads(events, path);
  }

  private static ParquetFileReader footer(org.apache.hadoop.fs.Path path) throws IOException {
    return ParquetFileReader.open(HadoopInputFile.fromPath(path, new Configuration()));
  }

  /** In three parts, as three tasks would. */
  private static void assertReads(List<Event> events, org.apache.hadoop.fs.Path path)
      throws IOException {
    long length = Files.size(Path.of(path.toUri()));
    Projection projection = new Projection(type(SCHEMA), COLUMNS, true);
    ColumnBatch batch = ColumnBatch.of(type(SCHEMA), COLUMNS);
    List<Event> read = new ArrayList<>();
    for (int part = 0; part < 3; part++) {
      try (MasterFile file =
          MasterFile.open(
              new Configuration(),
              new FilePart(path.toString(), length * part / 3, length * (part + 1) / 3),
              projection,
              Fingerprints.of(SCHEMA),
              NO_DECODER,
              Optional.empty())) {
        for (Optional<RowGroup> group = file.next(); group.isPresent(); group = file.next()) {
          while (group.get().next(batch)) {
            for (int i = 0; i < batch.size(); i++) {
              Row row = batch.row(i);
              Event expected = events.get(read.size());
              assertThat(row.partition()).isEqualTo(5);
              assertThat(row.offset()).isEqualTo(100L + read.size());
              assertThat(row.eventTime()).isEqualTo(Math.floorDiv(expected.micros(), 1000L));
              read.add(event(row, expected));
            }
          }
        }
      }
    }
    assertThat(read).isEqualTo(events);
  }

  private static Event event(Row row, Event expected) {
    return new Event(
        row.stringAt(0),
        row.isNull(1) ? null : row.stringAt(1),
        (int) row.longAt(2),
        row.isNull(3) ? null : (Long) row.longAt(3),
        row.longAt(4),
        row.isNull(5) ? null : (Float) (float) row.doubleAt(5),
        row.isNull(6) ? null : (Boolean) (row.longAt(6) == 1),
        row.longAt(7) == Math.floorDiv(expected.micros(), 1000L) ? expected.micros() : -1);
  }

  /** Columns that the file lacks: one under another name, others by their defaults. */
  @Test
  void aColumnThatTheFileLacksHasItsDefault() throws Exception {
    Schema later =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"E","fields":[
            {"name":"label","aliases":["text"],"type":"string"},
            {"name":"number","type":"long"},
            {"name":"new_text","type":"string","default":"ö"},
            {"name":"new_maybe","type":["null","long"],"default":null},
            {"name":"new_number","type":"long","default":-7},
            {"name":"new_real","type":"double","default":0.5},
            {"name":"new_flag","type":"boolean","default":true},
            {"name":"new_money","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"default":"\\u00ff\\u0000"},
            {"name":"time","type":{"type":"long","logicalType":"timestamp-micros"}}]}
            """);
    List<Event> events = List.of(random(new Random(1), 9), random(new Random(2), 9));
    org.apache.hadoop.fs.Path path = write(events, true, 60_000);
    List<String> columns =
        List.of(
            "label",
            "number",
            "new_text",
            "new_maybe",
            "new_number",
            "new_real",
            "new_flag",
            "new_money");
    Projection projection = new Projection(type(later, "label"), columns, false);
    SchemaStore schemas = SchemaStore.of(List.of(new SchemaVersion(SCHEMA, 1, "test")));
    Instant min = Instant.ofEpochMilli(Long.MIN_VALUE);
    try (MasterFile file =
        open(path, projection, () -> new EventDecoder(schemas, projection.type(), columns, min))) {
      RowGroup group = file.next().orElseThrow();
      ColumnBatch batch = ColumnBatch.of(projection.type(), columns);
      assertThat(group.next(batch)).isTrue();
      assertThat(batch.size()).isEqualTo(events.size());
      for (int i = 0; i < events.size(); i++) {
        Event event = events.get(i);
        Row row = batch.row(i);
        assertThat(row.stringAt(0)).isEqualTo(event.text());
        assertThat(row.longAt(1)).isEqualTo(event.number());
        assertThat(row.stringAt(2)).isEqualTo("ö");
        assertThat(row.isNull(3)).isTrue();
        assertThat(row.longAt(4)).isEqualTo(-7);
        assertThat(row.doubleAt(5)).isEqualTo(0.5);
        assertThat(row.longAt(6)).isEqualTo(1);
        assertThat(row.longAt(7)).isEqualTo(-256);
      }
      assertThat(group.next(batch)).isFalse();
      assertThat(file.next()).isEmpty();
    }
  }

  /**
   * The pinned enum has no longer a symbol that the file has, with dictionaries and without: as the
   * decoder of both layers reads the event itself.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSymbolThatThePinnedEnumLacksIsItsDefault(boolean dictionary) throws Exception {
    Schema before = kinds("\"buy\",\"give\",\"other\"");
    Schema kinds = before.getField("kind").schema();
    List<GenericRecord> events = new ArrayList<>();
    for (String kind : List.of("give", "buy", "other", "give")) {
      GenericRecord event = new GenericData.Record(before);
      event.put("kind", new GenericData.EnumSymbol(kinds, kind));
      event.put(
          "maybe_kind", kind.equals("other") ? null : new GenericData.EnumSymbol(kinds, kind));
      event.put("time", 7L);
      events.add(event);
    }
    assertReadsAsTheDecoder(
        before,
        kinds("\"buy\",\"other\""),
        List.of("kind", "maybe_kind"),
        events,
        dictionary,
        "[other, other] [buy, buy] [other, null] [other, other]");
  }

  /** Whatever a number means, it is the same number in both layers. */
  @Test
  void aNumberOfAnyLogicalTypeIsTheOneThatTheDecoderReads() throws Exception {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"E","fields":[
            {"name":"day","type":{"type":"int","logicalType":"date"}},
            {"name":"clock","type":{"type":"int","logicalType":"time-millis"}},
            {"name":"clock_micros","type":{"type":"long","logicalType":"time-micros"}},
            {"name":"millis","type":{"type":"long","logicalType":"timestamp-millis"}},
            {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
            {"name":"nanos","type":{"type":"long","logicalType":"timestamp-nanos"}},
            {"name":"local_millis","type":{"type":"long","logicalType":"local-timestamp-millis"}},
            {"name":"local_micros","type":{"type":"long","logicalType":"local-timestamp-micros"}},
            {"name":"local_nanos","type":{"type":"long","logicalType":"local-timestamp-nanos"}},
            {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}
            """);
    List<String> columns = schema.getFields().stream().map(Schema.Field::name).toList();
    List<GenericRecord> events = new ArrayList<>();
    for (long number : List.of(-1L, 1L, 1_999L, 86_399_999L)) {
      GenericRecord event = new GenericData.Record(schema);
      for (Schema.Field field : schema.getFields()) {
        boolean isInt = field.schema().getType() == Schema.Type.INT;
        event.put(field.name(), isInt ? (Object) (int) number : (Object) number);
      }
      event.put("time", 7L);
      events.add(event);
    }
    assertReadsAsTheDecoder(
        schema,
        schema,
        columns,
        events,
        true,
        "[-1, -1, -1, -1, -1, -1, -1, -1, -1, 7] [1, 1, 1, 1, 0, 1, 1, 1, 1, 7]"
            + " [1999, 1999, 1999, 1999, 1, 1999, 1999, 1999, 1999, 7]"
            + " [86399999, 86399999, 86399999, 86399999, 86399, 86399999, 86399999, 86399999, 86399999, 7]");
  }

  /** The speed layer has nothing but the decoder. */
  private void assertReadsAsTheDecoder(
      Schema written,
      Schema pinned,
      List<String> columns,
      List<GenericRecord> events,
      boolean dictionary,
      String expected)
      throws IOException {
    String key = columns.get(0);
    EventType type = EventType.of("t", pinned, "time", key);
    SchemaStore schemas = SchemaStore.of(List.of(new SchemaVersion(written, 1, "test")));
    EventDecoder decoder = new EventDecoder(schemas, type, columns, Instant.EPOCH);
    EventEncoder encoder = new EventEncoder(EventType.of("t", written, "time", key));
    List<String> decoded = new ArrayList<>();
    for (GenericRecord event : events) {
      Row row = ((DecodedEvent) decoder.decode(encoder.value(event), 0, 0, 7)).row();
      decoded.add(values(row, type, columns));
    }
    org.apache.hadoop.fs.Path path = path("as-decoded");
    try (ForeignFile file =
        ForeignFile.create(
            path,
            written,
            ForeignFile.columns(written),
            layout -> layout.withDictionaryEncoding(dictionary))) {
      for (GenericRecord event : events) {
        file.write(event, 0, 0, 0, null);
      }
    }
    List<String> read = new ArrayList<>();
    try (MasterFile file = open(path, new Projection(type, columns, false), () -> decoder)) {
      RowGroup group = file.next().orElseThrow();
      ColumnBatch batch = ColumnBatch.of(type, columns);
      while (group.next(batch)) {
        for (int i = 0; i < batch.size(); i++) {
          read.add(values(batch.row(i), type, columns));
        }
      }
    }
    assertThat(String.join(" ", decoded)).isEqualTo(expected);
    assertThat(read).isEqualTo(decoded);
  }

  /**
   * Archived by one schema, read by a later one that takes another field for the event time and has
   * a new text that is never null: whatever row the speed layer's decoder rejects is in no batch,
   * whether the file has its bytes or its columns alone, and all others are.
   */
  @Test
  void aRowIsRejectedWhereTheDecoderRejectsTheRecord() throws Exception {
    String fields =
        """
        {"name":"text","type":"string"},
        {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"other_time","type":{"type":"long","logicalType":"timestamp-millis"}}
        """;
    Schema archived = schemaOf(fields);
    Schema writer =
        schemaOf(fields + ",{\"name\":\"note\",\"type\":\"string\",\"default\":\"long\"}");
    // Its own text and the default of the new one are too long together where the own is just not.
    EventType type = EventType.of("t", writer, "other_time", "text");
    SchemaStore schemas =
        SchemaStore.of(
            List.of(new SchemaVersion(archived, 1, "test"), new SchemaVersion(writer, 2, "test")));
    List<String> columns = List.of("other_time");
    Instant min = Instant.ofEpochMilli(1_000);
    EventDecoder speed = new EventDecoder(schemas, type, columns, min);
    long seed = 7;
    Random random = new Random(seed);
    org.apache.hadoop.fs.Path path = path("rejected");
    long day = EventDecoder.MAX_AHEAD.toMillis();
    List<Long> accepted = new ArrayList<>();
    List<Long> rejected = new ArrayList<>();
    Map<Rejection.Reason, Integer> reasons = new TreeMap<>();
    try (ForeignFile file =
        ForeignFile.create(path, archived, ForeignFile.columns(archived), layout -> layout)) {
      for (long offset = 0; offset < 6_000; offset++) {
        boolean isRaw = random.nextBoolean();
        long appendTime = 5_000 + random.nextInt(10);
        GenericRecord event = new GenericData.Record(isRaw ? writer : archived);
        int length = random.nextInt(4) > 0 ? 5 : 15_996 - (isRaw ? 3 : 1) + random.nextInt(4);
        event.put("text", "x".repeat(length));
        event.put("time", 6_000L);
        event.put(
            "other_time",
            switch (random.nextInt(4)) {
              case 0 -> 998L + random.nextInt(4);
              case 1 -> appendTime + day - 2 + random.nextInt(4);
              default -> 2_000L + random.nextInt(100);
            });
        if (isRaw) {
          event.put("note", random.nextInt(5) == 0 ? "y".repeat(16_001) : "abcdef");
        }
        byte[] value =
            new EventEncoder(EventType.of("t", isRaw ? writer : archived, "time", "text"))
                .value(event);
        if (speed.decode(value, 3, offset, appendTime) instanceof Rejection found) {
          rejected.add(offset);
          reasons.merge(found.reason(), 1, Integer::sum);
        } else {
          accepted.add(offset);
        }
        file.write(event, 3, offset, appendTime, isRaw ? value : null);
      }
    }
    assertThat(reasons).hasSize(3);
    assertThat(accepted).hasSizeGreaterThan(500);
    List<Long> read = new ArrayList<>();
    long none = 0;
    long late = 0;
    try (MasterFile file =
        open(
            path,
            new Projection(type, columns, true),
            () -> new EventDecoder(schemas, type, columns, min))) {
      ColumnBatch batch = ColumnBatch.of(type, columns);
      for (Optional<RowGroup> group = file.next(); group.isPresent(); group = file.next()) {
        while (group.get().next(batch)) {
          for (int i = 0; i < batch.size(); i++) {
            read.add(batch.offsets()[i]);
            assertThat(batch.row(i).longAt(0)).isEqualTo(batch.eventTimes()[i]);
          }
          none += group.get().rejected().count((p, o) -> p == 3);
          late += group.get().rejected().count((p, o) -> o >= 5_000);
        }
      }
    }
    assertThat(read).isEqualTo(accepted);
    assertThat(none).isEqualTo(rejected.size());
    assertThat(late).isEqualTo(rejected.stream().filter(o -> o >= 5_000).count());
  }

  private static Schema schemaOf(String fields) {
    return SchemaParser.parseSingle(
        "{\"type\":\"record\",\"name\":\"E\",\"fields\":[%s]}".formatted(fields));
  }

  private static String values(Row row, EventType type, List<String> columns) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      boolean isText = type.column(columns.get(i)).type() == ColumnType.STRING;
      values.add(row.isNull(i) ? "null" : isText ? row.stringAt(i) : Long.toString(row.longAt(i)));
    }
    return values.toString();
  }

  private static Schema kinds(String symbols) {
    return SchemaParser.parseSingle(
        """
        {"type":"record","name":"E","fields":[
        {"name":"kind","type":{"type":"enum","name":"Kind","symbols":[%s],"default":"other"}},
        {"name":"maybe_kind","type":["null","Kind"]},
        {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}
        """
            .formatted(symbols));
  }

  private static EventType type(Schema schema, String key) {
    return EventType.of("t", schema, "time", key);
  }
}
