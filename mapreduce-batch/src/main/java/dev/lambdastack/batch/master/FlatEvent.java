package dev.lambdastack.batch.master;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;

/**
 * Events of a schema without nested fields, from Avro's bytes straight to Parquet's columns: what
 * {@link AvroWriteSupport} writes of the decoded record, to the byte. Not thread-safe.
 */
final class FlatEvent {
  /** Writes one value, and passes over its bytes. */
  @FunctionalInterface
  private interface Value {
    void write(FlatEvent in, RecordConsumer out);
  }

  private final String[] names;
  private final Value[] values;

  /** For each field which branch of its union is null, or -1. */
  private final int[] nullBranches;

  private byte[] bytes = {};
  private int at;

  private FlatEvent(List<Schema.Field> fields) {
    names = new String[fields.size()];
    values = new Value[fields.size()];
    nullBranches = new int[fields.size()];
  }

  /**
   * For events of these fields.
   *
   * @return nothing when a field is an array, a map, a record, or a union that is more than a value
   *     or null
   */
  static Optional<FlatEvent> of(List<Schema.Field> fields) {
    FlatEvent event = new FlatEvent(fields);
    for (int i = 0; i < fields.size(); i++) {
      Schema schema = fields.get(i).schema();
      event.names[i] = fields.get(i).name();
      event.nullBranches[i] = -1;

      if (schema.getType() == Schema.Type.UNION) {
        if (schema.getTypes().size() != 2 || !schema.isNullable()) {
          return Optional.empty();
        }
        event.nullBranches[i] = schema.getIndexNamed("null");
        schema = schema.getTypes().get(1 - event.nullBranches[i]);
      }

      Optional<Value> value = valueOf(schema);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      event.values[i] = value.get();
    }

    return Optional.of(event);
  }

  private static Optional<Value> valueOf(Schema schema) {
    return switch (schema.getType()) {
      case BOOLEAN -> Optional.of((in, out) -> out.addBoolean(in.bytes[in.at++] != 0));
      case INT -> Optional.of((in, out) -> out.addInteger((int) in.varLong()));
      case LONG -> Optional.of((in, out) -> out.addLong(in.varLong()));
      case FLOAT ->
          Optional.of((in, out) -> out.addFloat(Float.intBitsToFloat((int) in.littleEndian(4))));
      case DOUBLE ->
          Optional.of((in, out) -> out.addDouble(Double.longBitsToDouble(in.littleEndian(8))));
      case STRING, BYTES -> Optional.of((in, out) -> out.addBinary(in.slice((int) in.varLong())));
      case FIXED -> {
        int size = schema.getFixedSize();
        yield Optional.of((in, out) -> out.addBinary(in.slice(size)));
      }
      case ENUM -> {
        Binary[] symbols =
            schema.getEnumSymbols().stream()
                .map(s -> Binary.fromConstantByteArray(s.getBytes(StandardCharsets.UTF_8)))
                .toArray(Binary[]::new);
        yield Optional.of((in, out) -> out.addBinary(symbols[(int) in.varLong()]));
      }
      case NULL, UNION, ARRAY, MAP, RECORD -> Optional.empty();
    };
  }

  /**
   * Writes the fields.
   *
   * @param value a whole event of the schema: its bytes have been checked. Must not change any more
   * @param start where the first field's bytes are
   */
  void write(byte[] value, int start, RecordConsumer out) {
    bytes = value;
    at = start;
    for (int i = 0; i < values.length; i++) {
      if (nullBranches[i] >= 0 && varLong() == nullBranches[i]) {
        continue;
      }
      out.startField(names[i], i);
      values[i].write(this, out);
      out.endField(names[i], i);
    }
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

  private Binary slice(int length) {
    // Not constant: what keeps it (a dictionary, statistics) shall copy it, and not hold the whole
    // event.
    Binary slice = Binary.fromReusedByteArray(bytes, at, length);
    at += length;
    return slice;
  }
}
