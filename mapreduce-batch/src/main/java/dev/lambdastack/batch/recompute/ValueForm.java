package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.EventColumns;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;

/** How a column's values stand in a file, and what views see of them. */
enum ValueForm {
  INT,
  LONG,
  MICROS,
  BOOLEAN,
  FLOAT,
  DOUBLE,
  DECIMAL,
  BYTES;

  /**
   * The form of a column.
   *
   * @param pinned the event's field; null for a column of ours
   */
  static ValueForm of(PrimitiveType type, Schema.Field pinned) {
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    return switch (type.getPrimitiveTypeName()) {
      case INT32 -> INT;
      case INT64 -> isSeenInMillis(logical, pinned) ? MICROS : LONG;
      case BOOLEAN -> BOOLEAN;
      case FLOAT -> FLOAT;
      case DOUBLE -> DOUBLE;
      case BINARY, FIXED_LEN_BYTE_ARRAY ->
          logical instanceof DecimalLogicalTypeAnnotation ? DECIMAL : BYTES;
      case INT96 -> throw new IllegalStateException("column " + type + " is none of ours");
    };
  }

  /**
   * Files have microseconds. Views see an instant in milliseconds, and a local time, which is none,
   * as the number that the event has.
   */
  private static boolean isSeenInMillis(LogicalTypeAnnotation logical, Schema.Field pinned) {
    boolean isInstant =
        logical instanceof TimestampLogicalTypeAnnotation timestamp && timestamp.isAdjustedToUTC();
    return isInstant
        || pinned != null
            && EventColumns.branches(pinned.schema()).stream()
                .map(Schema::getLogicalType)
                .anyMatch(LogicalTypes.LocalTimestampMillis.class::isInstance);
  }

  /** What views see of a number as the file has it. */
  long seen(long stored) {
    return this == MICROS ? Math.floorDiv(stored, 1000L) : stored;
  }

  /** The next value of a reader, as a number. */
  long number(ValuesReader reader) {
    return switch (this) {
      case INT -> reader.readInteger();
      case LONG, MICROS -> seen(reader.readLong());
      case BOOLEAN -> reader.readBoolean() ? 1 : 0;
      case DECIMAL -> unscaled(reader.readBytes());
      case FLOAT, DOUBLE, BYTES -> throw notA("number");
    };
  }

  /** The next value of a reader, as a floating point number. */
  double real(ValuesReader reader) {
    return switch (this) {
      case FLOAT -> reader.readFloat();
      case DOUBLE -> reader.readDouble();
      case INT -> reader.readInteger();
      case LONG -> reader.readLong();
      case MICROS, BOOLEAN, DECIMAL, BYTES -> throw notA("floating point number");
    };
  }

  private static long unscaled(Binary binary) {
    byte[] bytes = binary.getBytesUnsafe();
    return unscaled(bytes, 0, bytes.length);
  }

  /** Two's complement, most significant byte first; of a precision that fits a long. */
  static long unscaled(byte[] bytes, int from, int length) {
    if (length == 0) {
      return 0;
    }
    // Longer ones repeat the sign; the shift drops it.
    long value = bytes[from];
    for (int i = from + 1; i < from + length; i++) {
      value = value << 8 | bytes[i] & 0xFF;
    }
    return value;
  }

  IllegalStateException notA(String what) {
    return new IllegalStateException("a column of form " + this + " is no " + what);
  }
}
