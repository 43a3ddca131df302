package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.aggregate.ColumnBatch;
import dev.lambdastack.views.aggregate.ColumnarAggregation;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random events through Parquet files of random layouts (dictionaries, given up midway or none;
 * both versions of pages; many row groups and pages; runs of equal values and of nulls): every
 * value is the one that was written, and what a view makes of the columns is, to the byte, what it
 * makes of the events one by one.
 */
class ParquetSourceTest {
  private static final long MOST = 999_999_999_999_999_999L;
  private static final HexFormat HEX = HexFormat.of();

  private static final Schema EIGHT_BYTES = decimal(Schema.createFixed("Eight", null, "t", 8), 18);
  private static final Schema NINE_BYTES = decimal(Schema.createFixed("Nine", null, "t", 9), 18);
  private static final Schema THREE_BYTES = decimal(Schema.createFixed("Three", null, "t", 3), 6);
  private static final Schema ANY_BYTES = decimal(Schema.create(Schema.Type.BYTES), 18);

  private static final Schema SCHEMA =
      SchemaBuilder.record("Everything")
          .namespace("t")
          .fields()
          .requiredString("text")
          .optionalString("maybe_text")
          .requiredInt("small")
          .optionalInt("maybe_small")
          .requiredLong("big")
          .optionalLong("maybe_big")
          .requiredDouble("real")
          .optionalDouble("maybe_real")
          .optionalFloat("maybe_float")
          .requiredBoolean("flag")
          .optionalBoolean("maybe_flag")
          .name("eight")
          .type(EIGHT_BYTES)
          .noDefault()
          .name("maybe_nine")
          .type(Schema.createUnion(Schema.create(Schema.Type.NULL), NINE_BYTES))
          .noDefault()
          .name("three")
          .type(THREE_BYTES)
          .noDefault()
          .name("maybe_any")
          .type(Schema.createUnion(Schema.create(Schema.Type.NULL), ANY_BYTES))
          .noDefault()
          .name("time")
          .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
          .noDefault()
          .endRecord();

  private static final EventType TYPE = EventType.of("t", SCHEMA, "time", "text");
  private static final List<String> COLUMNS =
      SCHEMA.getFields().stream().map(Schema.Field::name).toList();
  private static final int TIME = COLUMNS.size() - 1;

  private static final View VIEW =
      View.named("everything")
          .over(TYPE)
          .keyedBy("text", "flag", "three")
          .window(Duration.ofSeconds(7))
          .metric("n", Metric.count())
          .metric("sum_eight", Metric.sum("eight"))
          .metric("sum_nine", Metric.sum("maybe_nine"))
          .metric("avg_any", Metric.avg("maybe_any"))
          .metric("sum_big", Metric.sum("big"))
          .metric("min_small", Metric.min("maybe_small"))
          .metric("max_real", Metric.max("maybe_real"))
          .metric("bigs", Metric.distinct("maybe_big"))
          .metric("texts", Metric.distinct("maybe_text"))
          .metric("last", Metric.latest("maybe_text"))
          .build();

  private static final View BY_TEXT_ALONE =
      View.named("by_text")
          .over(TYPE)
          .keyedBy("text")
          .window(Duration.ofMillis(1_500))
          .metric("n", Metric.count())
          .metric("reals", Metric.distinct("real"))
          .build();

  private static Schema decimal(Schema schema, int precision) {
    return LogicalTypes.decimal(precision, 2).addToSchema(schema);
  }

  @TempDir private Path folder;

  /** Values as views see them, null where there is none; texts are Strings. */
  private record Event(Object[] values, long offset) implements Row {
    @Override
    public boolean isNull(int column) {
      return values[column] == null;
    }

    @Override
    public long longAt(int column) {
      return values[column] instanceof Boolean flag
          ? flag ? 1 : 0
          : ((Number) values[column]).longValue();
    }

    @Override
    public double doubleAt(int column) {
      return ((Number) values[column]).doubleValue();
    }

    @Override
    public byte[] utf8At(int column) {
      return ((String) values[column]).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long eventTime() {
      return longAt(TIME);
    }

    @Override
    public int partition() {
      return 3;
    }
  }

  /** Values of one column, with runs of equal ones and of nulls. */
  private static final class Values {
    private final Random random;
    private final int different;
    private Object last;
    private int run;

    Values(Random random, int different) {
      this.random = random;
      this.different = different;
    }

    Object next(Schema.Field field, int row) {
      if (run-- <= 0) {
        boolean nullable = field.schema().isUnion();
        last = nullable && random.nextInt(3) == 0 ? null : value(field.name(), row);
        run = random.nextInt(20) == 0 ? random.nextInt(300) : 0;
      }
      return last;
    }

    private Object value(String name, int row) {
      long number = random.nextInt(different);
      boolean extreme = random.nextInt(50) == 0;
      return switch (name) {
        case "text" -> "k" + number % 40;
        case "maybe_text" -> "ü".repeat((int) (number % 5)) + number;
        case "small", "maybe_small" ->
            (int) (extreme ? random.nextBoolean() ? Integer.MIN_VALUE : Integer.MAX_VALUE : number);
        case "big", "maybe_big" ->
            extreme ? random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE : number - 5;
        case "real", "maybe_real" ->
            extreme
                ? random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY
                : number / 8.0 - 3;
        case "maybe_float" -> number / 4f - 1;
        case "flag", "maybe_flag" -> number % 2 == 0;
        case "eight", "maybe_nine", "maybe_any" ->
            extreme ? random.nextBoolean() ? -MOST : MOST : (number - 7) * 1_000_003L;
        case "three" -> extreme ? random.nextBoolean() ? -999_999L : 999_999L : number % 5 - 2;
        // Mostly ascending, across 1970.
        case "time" -> row * 11L - 30_000 + (random.nextInt(20) == 0 ? -random.nextInt(60_000) : 0);
        default -> throw new AssertionError(name);
      };
    }
  }

  private static List<Event> events(Random random, int count) {
    List<Values> columns = new ArrayList<>();
    for (int i = 0; i < COLUMNS.size(); i++) {
      columns.add(new Values(random, random.nextBoolean() ? 30 : 1_000_000));
    }
    List<Event> events = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      Object[] values = new Object[COLUMNS.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = columns.get(i).next(SCHEMA.getFields().get(i), row);
      }
      events.add(new Event(values, 1_000 + row));
    }
    return events;
  }

  private org.apache.hadoop.fs.Path write(Random random, List<Event> events) throws IOException {
    org.apache.hadoop.fs.Path path =
        new org.apache.hadoop.fs.Path(folder.resolve("f.parquet").toUri());
    WriterVersion version =
        random.nextInt(3) == 0 ? WriterVersion.PARQUET_2_0 : WriterVersion.PARQUET_1_0;
    try (ForeignFile file =
        ForeignFile.create(
            path,
            SCHEMA,
            columns(random),
            layout ->
                layout
                    .withWriterVersion(version)
                    .withDictionaryEncoding(random.nextInt(5) > 0)
                    .withDictionaryPageSize(1 << 9 + random.nextInt(6))
                    .withPageSize(1 << 8 + random.nextInt(8))
                    .withRowGroupSize(1L << 15 + random.nextInt(6))
                    .withCompressionCodec(CompressionCodecName.ZSTD))) {
      for (Event event : events) {
        GenericRecord row = new GenericData.Record(SCHEMA);
        for (int i = 0; i < COLUMNS.size(); i++) {
          row.put(COLUMNS.get(i), stored(COLUMNS.get(i), event.values()[i]));
        }
        file.write(row, event.partition(), event.offset(), 0, null);
      }
    }
    return path;
  }

  /** Decimals as the archive writes them, or in another form that the format has for them. */
  private static MessageType columns(Random random) {
    MessageType ours = ForeignFile.columns(SCHEMA);
    List<Type> columns = new ArrayList<>();
    for (Type column : ours.getFields()) {
      boolean isDecimal = column.getLogicalTypeAnnotation() instanceof DecimalLogicalTypeAnnotation;
      columns.add(
          !isDecimal
              ? column
              : switch (random.nextInt(6)) {
                case 0 -> as(column, PrimitiveTypeName.BINARY, 0);
                case 1 -> as(column, PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY, 8);
                case 2 -> as(column, PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY, 11);
                default -> column;
              });
    }
    return new MessageType(ours.getName(), columns);
  }

  private static Type as(Type column, PrimitiveTypeName form, int length) {
    return Types.primitive(form, column.getRepetition())
        .length(length)
        .as(column.getLogicalTypeAnnotation())
        .id(column.getId().intValue())
        .named(column.getName());
  }

  private static Object stored(String column, Object value) {
    return switch (column) {
      case "eight" -> fixed(EIGHT_BYTES, value);
      case "maybe_nine" -> value == null ? null : fixed(NINE_BYTES, value);
      case "three" -> fixed(THREE_BYTES, value);
      case "maybe_any" ->
          value == null ? null : ByteBuffer.wrap(BigInteger.valueOf((Long) value).toByteArray());
      default -> value;
    };
  }

  private static GenericData.Fixed fixed(Schema schema, Object value) {
    byte[] bytes = new byte[schema.getFixedSize()];
    long rest = (Long) value;
    for (int i = bytes.length - 1; i >= 0; i--) {
      bytes[i] = (byte) rest;
      rest >>= 8;
    }
    return new GenericData.Fixed(schema, bytes);
  }

  @RepeatedTest(12)
  void whatIsReadIsWhatWasWritten(RepetitionInfo repetition) throws Exception {
    long seed = repetition.getCurrentRepetition();
    Random random = new Random(seed);
    List<Event> events = events(random, 500 + random.nextInt(9_000));
    org.apache.hadoop.fs.Path path = write(random, events);
    List<ColumnarAggregation> aggregations =
        List.of(
            new ColumnarAggregation(VIEW, COLUMNS),
            new ColumnarAggregation(BY_TEXT_ALONE, COLUMNS));
    read(path, events, aggregations, "seed " + seed);
    for (int i = 0; i < aggregations.size(); i++) {
      View view = i == 0 ? VIEW : BY_TEXT_ALONE;
      Map<String, String> found = new TreeMap<>();
      aggregations
          .get(i)
          .drain((key, value, marked) -> found.put(HEX.formatHex(key), HEX.formatHex(value)));
      assertThat(found).as("%s, seed %d", view.name(), seed).isEqualTo(expected(view, events));
    }
  }

  private static void read(
      org.apache.hadoop.fs.Path path,
      List<Event> events,
      List<ColumnarAggregation> aggregations,
      String seed)
      throws Exception {
    ColumnBatch batch = ColumnBatch.of(TYPE, COLUMNS);
    int next = 0;
    try (MasterFile file =
        MasterFile.open(
            new Configuration(),
            new FilePart(path.toString(), 0, Files.size(Path.of(path.toUri()))),
            new Projection(TYPE, COLUMNS, true),
            Fingerprints.of(SCHEMA),
            () -> {
              throw new AssertionError("the file follows the pinned schema");
            },
            Optional.empty())) {
      for (Optional<RowGroup> group = file.next(); group.isPresent(); group = file.next()) {
        while (group.get().next(batch)) {
          for (int i = 0; i < batch.size(); i++) {
            check(batch.row(i), events.get(next), seed);
            next++;
          }
          aggregations.forEach(a -> a.add(batch));
        }
      }
    }
    assertThat(next).as(seed).isEqualTo(events.size());
  }

  private static void check(Row row, Event event, String seed) {
    assertThat(List.of(row.offset(), row.partition(), row.eventTime()))
        .as(seed)
        .isEqualTo(List.of(event.offset(), event.partition(), event.eventTime()));
    for (int column = 0; column < COLUMNS.size(); column++) {
      String name = COLUMNS.get(column);
      assertThat(value(row, column, event.values()[column]))
          .as(() -> String.format(Locale.ROOT, "%s at offset %d, %s", name, event.offset(), seed))
          .isEqualTo(value(event, column, event.values()[column]));
    }
  }

  /** Null or a value of the same type as the one that is expected. */
  private static Object value(Row row, int column, Object expected) {
    if (row.isNull(column) || expected == null) {
      return row.isNull(column) ? null : "not null";
    }
    if (expected instanceof String) {
      return row.stringAt(column);
    }
    return expected instanceof Double || expected instanceof Float
        ? (Object) row.doubleAt(column)
        : (Object) row.longAt(column);
  }

  private static Map<String, String> expected(View view, List<Event> events) {
    BoundView bound = view.bind(COLUMNS);
    Map<String, Aggregate> groups = new TreeMap<>();
    for (Event event : events) {
      assertThat(bound.accepts(event)).isTrue();
      bound.addTo(
          groups.computeIfAbsent(
              HEX.formatHex(bound.rowKey()), k -> view.shape().emptyAggregate()));
    }
    Map<String, String> bytes = new TreeMap<>();
    groups.forEach((key, aggregate) -> bytes.put(key, HEX.formatHex(aggregate.toBytes())));
    return bytes;
  }
}
