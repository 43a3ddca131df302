package dev.lambdastack.batch.master;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.iceberg.types.TypeUtil;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;

/**
 * Events of one schema from Avro's bytes straight to Parquet's columns, as {@link EventColumns}
 * names them. Not thread-safe.
 */
final class EventBytes {
  private static final int MOST_DIGITS_OF_INT = 9;
  private static final int MOST_DIGITS_OF_LONG = 18;

  /** Writes one value that is not null, and passes over its bytes. */
  @FunctionalInterface
  private interface Value {
    void write(EventBytes in, RecordConsumer out);
  }

  /**
   * A field of a record, an item of a list, or a value of a map.
   *
   * @param column in its group; -1 where it is always null
   * @param nullBranch of its union, -1 where it has none
   */
  private record Part(String name, int column, int nullBranch, Value value) {
    void write(EventBytes in, RecordConsumer out) {
      if (column < 0 || nullBranch >= 0 && in.isNull(nullBranch)) {
        return;
      }
      out.startField(name, column);
      value.write(in, out);
      out.endField(name, column);
    }
  }

  private final Part[] fields;
  private byte[] bytes = {};
  private int at;

  /** Of a union of several types, or one type beside null: which one comes. */
  private int branch;

  EventBytes(Schema pinned) {
    fields = fields(pinned);
  }

  /** How many columns {@link #write} fills: the first ones. */
  int columns() {
    return (int) Arrays.stream(fields).filter(f -> f.column() >= 0).count();
  }

  /**
   * Writes the fields of an event.
   *
   * @param value a whole event of the schema: its bytes have been checked. Must not change any more
   * @param start where the first field's bytes are
   */
  void write(byte[] value, int start, RecordConsumer out) {
    bytes = value;
    at = start;
    for (Part field : fields) {
      field.write(this, out);
    }
  }

  private static Part[] fields(Schema record) {
    List<Part> parts = new ArrayList<>();
    int columns = 0;
    for (Schema.Field field : record.getFields()) {
      boolean isAlwaysNull = EventColumns.isAlwaysNull(field.schema());
      parts.add(part(field.name(), isAlwaysNull ? -1 : columns++, field.schema()));
    }
    return parts.toArray(Part[]::new);
  }

  private static Part part(String name, int column, Schema schema) {
    if (column < 0) {
      return new Part(name, column, -1, null);
    }

    List<Schema> branches = EventColumns.branches(schema);
    if (!schema.isUnion()) {
      return new Part(name, column, -1, valueOf(schema));
    }

    int nullBranch = schema.isNullable() ? schema.getIndexNamed("null") : -1;
    if (branches.size() > 1) {
      return new Part(name, column, nullBranch, unionOf(schema, nullBranch < 0));
    }
    Value only = valueOf(branches.get(0));
    // Without a null nobody has read which one of the one type it is.
    Value value =
        nullBranch >= 0
            ? only
            : (in, out) -> {
              in.varLong();
              only.write(in, out);
            };
    return new Part(name, column, nullBranch, value);
  }

  private boolean isNull(int nullBranch) {
    branch = (int) varLong();
    return branch == nullBranch;
  }

  private static Value unionOf(Schema union, boolean readsBranch) {
    List<Schema> types = union.getTypes();
    Part[] parts = new Part[types.size()];
    Binary[] names = new Binary[types.size()];
    int column = 1;
    for (int i = 0; i < parts.length; i++) {
      if (!EventColumns.isAlwaysNull(types.get(i))) {
        String name = EventColumns.branchName(types.get(i));
        names[i] = text(name);
        parts[i] = new Part(name, column++, -1, valueOf(types.get(i)));
      }
    }

    return (in, out) -> {
      int which = readsBranch ? (int) in.varLong() : in.branch;
      out.startGroup();
      out.startField(EventColumns.BRANCH, 0);
      out.addBinary(names[which]);
      out.endField(EventColumns.BRANCH, 0);
      parts[which].write(in, out);
      out.endGroup();
    };
  }

  private static Value valueOf(Schema schema) {
    return switch (schema.getType()) {
      case RECORD -> {
        Part[] fields = fields(schema);
        yield (in, out) -> {
          out.startGroup();
          for (Part field : fields) {
            field.write(in, out);
          }
          out.endGroup();
        };
      }
      case ARRAY -> {
        Part item = part("element", 0, schema.getElementType());
        yield (in, out) -> in.blocks("list", out, item::write);
      }
      case MAP -> {
        Part value = part("value", 1, schema.getValueType());
        yield (in, out) ->
            in.blocks(
                "key_value",
                out,
                (entries, consumer) -> {
                  consumer.startField("key", 0);
                  consumer.addBinary(entries.slice((int) entries.varLong()));
                  consumer.endField("key", 0);
                  value.write(entries, consumer);
                });
      }
      case BOOLEAN -> (in, out) -> out.addBoolean(in.bytes[in.at++] != 0);
      case INT -> (in, out) -> out.addInteger((int) in.varLong());
      case LONG ->
          isOfMillis(schema)
              ? (in, out) -> out.addLong(Math.multiplyExact(in.varLong(), 1000L))
              : (in, out) -> out.addLong(in.varLong());
      case FLOAT -> (in, out) -> out.addFloat(Float.intBitsToFloat((int) in.littleEndian(4)));
      case DOUBLE -> (in, out) -> out.addDouble(Double.longBitsToDouble(in.littleEndian(8)));
      case STRING -> (in, out) -> out.addBinary(in.slice((int) in.varLong()));
      case BYTES ->
          schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
              ? decimal(decimal, -1)
              : (in, out) -> out.addBinary(in.slice((int) in.varLong()));
      case FIXED -> {
        int size = schema.getFixedSize();
        yield schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
            ? decimal(decimal, size)
            : (in, out) -> out.addBinary(in.slice(size));
      }
      case ENUM -> {
        Binary[] symbols =
            schema.getEnumSymbols().stream().map(EventBytes::text).toArray(Binary[]::new);
        yield (in, out) -> out.addBinary(symbols[(int) in.varLong()]);
      }
      case NULL, UNION -> throw new IllegalArgumentException(schema + " is no value");
    };
  }

  private static boolean isOfMillis(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
        || schema.getLogicalType() instanceof LogicalTypes.LocalTimestampMillis;
  }

  /**
   * A decimal in the least form that has room for its digits.
   *
   * @param size of its bytes; -1 where they tell it
   */
  private static Value decimal(LogicalTypes.Decimal decimal, int size) {
    int digits = decimal.getPrecision();
    if (digits <= MOST_DIGITS_OF_INT) {
      return (in, out) -> out.addInteger((int) in.unscaled(size));
    }
    if (digits <= MOST_DIGITS_OF_LONG) {
      return (in, out) -> out.addLong(in.unscaled(size));
    }
    int length = TypeUtil.decimalRequiredBytes(digits);
    return (in, out) -> out.addBinary(in.signExtended(size, length));
  }

  private static Binary text(String text) {
    return Binary.fromConstantByteArray(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The items of a list or map, each in a group of its own. */
  private void blocks(String name, RecordConsumer out, Value item) {
    out.startGroup();
    boolean any = false;
    for (long count = varLong(); count != 0; count = varLong()) {
      if (count < 0) {
        count = -count;
        varLong();
      }
      if (!any) {
        out.startField(name, 0);
        any = true;
      }
      for (long i = 0; i < count; i++) {
        out.startGroup();
        item.write(this, out);
        out.endGroup();
      }
    }
    if (any) {
      out.endField(name, 0);
    }
    out.endGroup();
  }

  private long varLong() {
    long value = 0;
    byte b;
    int shift = 0;
    do {
      b = bytes[at++];
      value |= (b & 0x7FL) << shift;
      shift += 7;
    } while (b < 0);
    return value >>> 1 ^ -(value & 1);
  }

  private long littleEndian(int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | bytes[at + i] & 0xFF;
    }
    at += count;
    return value;
  }

  /** Two's complement, most significant byte first; longer ones repeat the sign. */
  private long unscaled(int size) {
    int length = size < 0 ? (int) varLong() : size;
    long value = bytes[at];
    for (int i = at + 1; i < at + length; i++) {
      value = value << 8 | bytes[i] & 0xFF;
    }
    at += length;
    return value;
  }

  private Binary signExtended(int size, int length) {
    int given = size < 0 ? (int) varLong() : size;
    byte[] value = new byte[length];
    Arrays.fill(value, bytes[at] < 0 ? (byte) -1 : 0);
    int kept = Math.min(given, length);
    System.arraycopy(bytes, at + given - kept, value, length - kept, kept);
    at += given;
    return Binary.fromConstantByteArray(value);
  }

  private Binary slice(int length) {
    // Not constant: what keeps it (a dictionary, statistics) shall copy it, and not hold the whole
    // event.
    Binary slice = Binary.fromReusedByteArray(bytes, at, length);
    at += length;
    return slice;
  }
}
