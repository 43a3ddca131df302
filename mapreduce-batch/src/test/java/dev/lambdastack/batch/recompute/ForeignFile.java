package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.TableFileWriter;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;

/**
 * A file of a table in a layout that the archive does not write, but another program may. Its
 * events have no lists, maps, records, or unions of several types.
 */
final class ForeignFile implements AutoCloseable {
  private final Schema pinned;
  private final MessageType type;
  private final ParquetWriter<Group> writer;

  private ForeignFile(Schema pinned, MessageType type, ParquetWriter<Group> writer) {
    this.pinned = pinned;
    this.type = type;
    this.writer = writer;
  }

  /** As the table has its columns. */
  static MessageType columns(Schema pinned) {
    return ParquetSchemaUtil.convert(EventColumns.of("t", pinned), "table");
  }

  /**
   * A new file.
   *
   * @param pinned the schema of its events
   * @param type {@link #columns}, of which decimals may have another form
   */
  static ForeignFile create(
      Path path,
      Schema pinned,
      MessageType type,
      UnaryOperator<ExampleParquetWriter.Builder> layout)
      throws IOException {
    ExampleParquetWriter.Builder builder =
        ExampleParquetWriter.builder(path)
            .withType(type)
            .withExtraMetaData(
                new HashMap<>(Map.of(TableFileWriter.PINNED, Fingerprints.of(pinned))));
    return new ForeignFile(pinned, type, layout.apply(builder).build());
  }

  /**
   * Appends an event.
   *
   * @param raw null for none
   */
  void write(GenericRecord event, int partition, long offset, long appendTime, byte[] raw)
      throws IOException {
    Group row = new SimpleGroup(type);
    for (Schema.Field field : pinned.getFields()) {
      Object value = event.get(field.name());
      if (value != null) {
        add(row, field, value);
      }
    }
    row.append(EventColumns.PARTITION, partition)
        .append(EventColumns.OFFSET, offset)
        .append(EventColumns.APPEND_TIME, appendTime * 1000)
        .append(EventColumns.WRITER_SCHEMA, 0L);
    if (raw != null) {
      row.append(EventColumns.RAW, Binary.fromConstantByteArray(raw));
    }
    writer.write(row);
  }

  private void add(Group row, Schema.Field field, Object value) {
    Schema schema = EventColumns.branches(field.schema()).get(0);
    String name = field.name();
    LogicalType logical = schema.getLogicalType();
    switch (schema.getType()) {
      case BOOLEAN -> row.add(name, (Boolean) value);
      case FLOAT -> row.add(name, (Float) value);
      case DOUBLE -> row.add(name, (Double) value);
      case STRING, ENUM -> row.add(name, value.toString());
      case INT -> row.add(name, (Integer) value);
      case LONG -> row.add(name, (Long) value * (isOfMillis(logical) ? 1000 : 1));
      case BYTES, FIXED ->
          decimal(
              row,
              type.getType(name).asPrimitiveType(),
              new BigInteger(
                  value instanceof GenericFixed fixed
                      ? fixed.bytes()
                      : ((ByteBuffer) value).array()));
      case RECORD, ARRAY, MAP, UNION, NULL -> throw new IllegalArgumentException(name);
    }
  }

  private static boolean isOfMillis(LogicalType logical) {
    return logical instanceof LogicalTypes.TimestampMillis
        || logical instanceof LogicalTypes.LocalTimestampMillis;
  }

  private static void decimal(Group row, PrimitiveType type, BigInteger unscaled) {
    switch (type.getPrimitiveTypeName()) {
      case INT32 -> row.add(type.getName(), unscaled.intValueExact());
      case INT64 -> row.add(type.getName(), unscaled.longValueExact());
      case BINARY -> row.add(type.getName(), Binary.fromConstantByteArray(unscaled.toByteArray()));
      case FIXED_LEN_BYTE_ARRAY -> {
        byte[] bytes = new byte[type.getTypeLength()];
        BigInteger rest = unscaled;
        for (int i = bytes.length - 1; i >= 0; i--) {
          bytes[i] = rest.byteValue();
          rest = rest.shiftRight(8);
        }
        row.add(type.getName(), Binary.fromConstantByteArray(bytes));
      }
      case BOOLEAN, FLOAT, DOUBLE, INT96 -> throw new IllegalArgumentException(type.toString());
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
