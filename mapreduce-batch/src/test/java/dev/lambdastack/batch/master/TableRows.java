package dev.lambdastack.batch.master;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Files;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Types.NestedField;

/** Events as Avro has them and as Iceberg's own reader gives them, in one form to compare. */
public final class TableRows {
  private TableRows() {}

  /** The bytes of an event, behind a header of no meaning. */
  static byte[] encode(GenericRecord event, int header) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[header]);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** As {@link #encode}, its lists and maps in many blocks that tell their length. */
  static byte[] encodeInBlocks(GenericRecord event, int header) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[header]);
    BinaryEncoder encoder =
        new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** Of a table of these columns that has no partitions. */
  static TableLayout layout(Path folder, org.apache.iceberg.Schema columns) {
    return new TableLayout(
        folder.toUri().toString(),
        columns,
        PartitionSpec.unpartitioned(),
        PartitionSpec.unpartitioned(),
        SortOrder.unsorted(),
        Map.of());
  }

  static TableFileWriter writer(
      Path file, org.apache.iceberg.Schema columns, Schema pinned, long rowGroupBytes)
      throws IOException {
    return TableFileWriter.create(
        new Configuration(),
        layout(file.getParent(), columns),
        new org.apache.hadoop.fs.Path(file.toUri()),
        pinned,
        rowGroupBytes);
  }

  /** Writes encoded events to a file, one an offset. */
  static DataFile write(
      Path file, org.apache.iceberg.Schema columns, Schema pinned, List<byte[]> events, int header)
      throws IOException {
    try (TableFileWriter writer = writer(file, columns, pinned, 400_000)) {
      long offset = 0;
      for (byte[] event : events) {
        writer.write(event, header, 7, offset, 1_000 + offset / 10, -77, null);
        offset++;
      }
      return writer.finish(Optional.empty());
    }
  }

  /** The rows of a file, as Iceberg's own reader gives them for these columns. */
  static List<Record> read(Path file, org.apache.iceberg.Schema columns) throws IOException {
    List<Record> rows = new ArrayList<>();
    try (CloseableIterable<Record> all =
        Parquet.read(Files.localInput(file.toFile()))
            .project(columns)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(columns, type))
            .build()) {
      all.forEach(rows::add);
    }
    return rows;
  }

  /** A value that Iceberg's reader gave: records as maps by name, bytes as hex digits. */
  public static Object plain(Object value) {
    if (value instanceof Record record) {
      Map<String, Object> fields = new LinkedHashMap<>();
      List<NestedField> columns = record.struct().fields();
      for (int i = 0; i < columns.size(); i++) {
        fields.put(columns.get(i).name(), plain(record.get(i)));
      }
      return fields;
    }
    if (value instanceof Collection<?> list) {
      List<Object> items = new ArrayList<>();
      list.forEach(item -> items.add(plain(item)));
      return items;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> entries = new TreeMap<>();
      map.forEach((key, item) -> entries.put(key.toString(), plain(item)));
      return entries;
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return hex(bytes);
    }
    return value instanceof byte[] bytes ? hex(bytes) : value;
  }

  private static String hex(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  /** What {@link #plain(Object)} must give for a value of an event, by what Avro says it means. */
  static Object plain(Schema schema, Object value) {
    if (value == null) {
      return null;
    }

    return switch (schema.getType()) {
      case UNION -> union(schema, value);
      case RECORD -> fields((GenericRecord) value);
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        ((Collection<?>) value).forEach(item -> items.add(plain(schema.getElementType(), item)));
        yield items;
      }
      case MAP -> {
        Map<String, Object> entries = new TreeMap<>();
        ((Map<?, ?>) value)
            .forEach(
                (key, item) -> entries.put(key.toString(), plain(schema.getValueType(), item)));
        yield entries;
      }
      case STRING, ENUM -> value.toString();
      case BYTES -> bytes(schema, array((ByteBuffer) value));
      case FIXED -> bytes(schema, ((GenericFixed) value).bytes());
      case INT, LONG -> whole(schema.getLogicalType(), (Number) value);
      case BOOLEAN, FLOAT, DOUBLE -> value;
      case NULL -> null;
    };
  }

  private static byte[] array(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static Map<String, Object> fields(GenericRecord record) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Schema.Field field : record.getSchema().getFields()) {
      if (field.schema().getType() != Schema.Type.NULL) {
        fields.put(field.name(), plain(field.schema(), record.get(field.pos())));
      }
    }
    return fields;
  }

  private static Object union(Schema union, Object value) {
    List<Schema> types =
        union.getTypes().stream().filter(t -> t.getType() != Schema.Type.NULL).toList();
    Schema type = union.getTypes().get(GenericData.get().resolveUnion(union, value));
    if (types.size() == 1) {
      return plain(type, value);
    }

    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("type", type.getFullName().replace('.', '_'));
    for (Schema other : types) {
      fields.put(other.getFullName().replace('.', '_'), other == type ? plain(type, value) : null);
    }
    return fields;
  }

  private static Object bytes(Schema schema, byte[] bytes) {
    return schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
        ? new BigDecimal(new BigInteger(bytes), decimal.getScale())
        : hex(bytes);
  }

  private static Object whole(LogicalType logical, Number value) {
    if (logical instanceof LogicalTypes.Date) {
      return LocalDate.ofEpochDay(value.intValue());
    }
    if (logical instanceof LogicalTypes.TimestampMillis) {
      return instant(value, ChronoUnit.MILLIS).atOffset(ZoneOffset.UTC);
    }
    if (logical instanceof LogicalTypes.TimestampMicros) {
      return instant(value, ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis) {
      return LocalDateTime.ofInstant(instant(value, ChronoUnit.MILLIS), ZoneOffset.UTC);
    }
    if (logical instanceof LogicalTypes.LocalTimestampMicros) {
      return LocalDateTime.ofInstant(instant(value, ChronoUnit.MICROS), ZoneOffset.UTC);
    }
    return value;
  }

  private static Instant instant(Number value, ChronoUnit unit) {
    return Instant.EPOCH.plus(value.longValue(), unit);
  }
}
