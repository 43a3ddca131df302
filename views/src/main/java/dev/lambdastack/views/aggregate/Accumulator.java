package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Row;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * The running value of one metric. {@link #merge} is associative and commutative, a new accumulator
 * is its identity, and equal multisets of events have equal bytes. Not thread-safe.
 */
abstract class Accumulator {
  /** Folds one event in; the column's index is -1 for a metric without one. */
  abstract void add(Row row, int column);

  /**
   * Folds in another accumulator of the same metric, which stays as it is and may be used again.
   */
  abstract void merge(Accumulator other);

  /** The value a person sees; null for none. */
  abstract Object value();

  abstract void writeTo(DataOutput out) throws IOException;

  /** From a stream whose {@code available()} is exactly what is left. */
  abstract void readFrom(DataInputStream in) throws IOException;

  /** A new, empty accumulator. */
  static Accumulator of(Metric metric, Column input) {
    return switch (metric.kind()) {
      case COUNT -> new Count();
      case SUM -> new Sum(input.scale());
      case AVG ->
          new Average(
              input.scale(),
              metric.scale() == Metric.DEFAULT_SCALE ? input.scale() + 4 : metric.scale(),
              metric.rounding());
      case MIN -> new Extreme(input, -1);
      case MAX -> new Extreme(input, 1);
      case DISTINCT -> new Distinct(input.type());
      case LATEST -> new Latest(input);
    };
  }

  static final class Count extends Accumulator {
    private long count;

    @Override
    void add(Row row, int column) {
      count++;
    }

    @Override
    void merge(Accumulator other) {
      count = Math.addExact(count, ((Count) other).count);
    }

    @Override
    Object value() {
      return count;
    }

    @Override
    void writeTo(DataOutput out) throws IOException {
      out.writeLong(count);
    }

    @Override
    void readFrom(DataInputStream in) throws IOException {
      count = in.readLong();
    }
  }

  /** An exact sum: a long while it fits, with what overflowed beside it. */
  static class Sum extends Accumulator {
    private final int scale;
    private long values;
    private long low;
    private BigInteger high = BigInteger.ZERO;

    Sum(int scale) {
      this.scale = scale;
    }

    @Override
    final void add(Row row, int column) {
      if (!row.isNull(column)) {
        values++;
        plus(row.longAt(column));
      }
    }

    private void plus(long value) {
      long sum = low + value;
      if (((low ^ sum) & (value ^ sum)) < 0) {
        high = high.add(BigInteger.valueOf(low));
        low = value;
      } else {
        low = sum;
      }
    }

    @Override
    final void merge(Accumulator other) {
      Sum that = (Sum) other;
      values = Math.addExact(values, that.values);
      high = high.add(that.high);
      plus(that.low);
    }

    final long values() {
      return values;
    }

    final BigDecimal total() {
      return new BigDecimal(high.add(BigInteger.valueOf(low)), scale);
    }

    @Override
    Object value() {
      return values == 0 ? null : total();
    }

    /**
     * Number of values (8 bytes), length of the sum (1 byte), the sum in minimal two's complement,
     * big-endian.
     */
    @Override
    final void writeTo(DataOutput out) throws IOException {
      byte[] sum = high.add(BigInteger.valueOf(low)).toByteArray();
      out.writeLong(values);
      out.writeByte(sum.length);
      out.write(sum);
    }

    @Override
    final void readFrom(DataInputStream in) throws IOException {
      values = in.readLong();
      byte[] sum = new byte[in.readUnsignedByte()];
      in.readFully(sum);
      BigInteger total = new BigInteger(sum);
      boolean fits = total.bitLength() < Long.SIZE;
      low = fits ? total.longValue() : 0;
      high = fits ? BigInteger.ZERO : total;
    }
  }

  static final class Average extends Sum {
    private final int resultScale;
    private final RoundingMode rounding;

    Average(int scale, int resultScale, RoundingMode rounding) {
      super(scale);
      this.resultScale = resultScale;
      this.rounding = rounding;
    }

    @Override
    Object value() {
      return values() == 0
          ? null
          : total().divide(BigDecimal.valueOf(values()), resultScale, rounding);
    }
  }

  /** Minimum (sign -1) or maximum (sign 1). */
  static final class Extreme extends Accumulator {
    private final Column input;
    private final int sign;
    private boolean present;
    private long ordered;

    Extreme(Column input, int sign) {
      this.input = input;
      this.sign = sign;
    }

    @Override
    void add(Row row, int column) {
      if (!row.isNull(column)) {
        take(
            input.type() == ColumnType.DOUBLE ? ordered(row.doubleAt(column)) : row.longAt(column));
      }
    }

    /**
     * A long that stands in {@link Double#compare} order; NaNs are one value. Its own inverse on
     * bits.
     */
    static long ordered(double value) {
      long bits = Double.doubleToLongBits(value);
      return bits ^ ((bits >> 63) & Long.MAX_VALUE);
    }

    private void take(long value) {
      if (!present || Long.compare(value, ordered) * sign > 0) {
        present = true;
        ordered = value;
      }
    }

    @Override
    void merge(Accumulator other) {
      Extreme that = (Extreme) other;
      if (that.present) {
        take(that.ordered);
      }
    }

    @Override
    Object value() {
      if (!present) {
        return null;
      }
      return input.type() == ColumnType.DOUBLE
          ? (Object) Double.longBitsToDouble(ordered ^ ((ordered >> 63) & Long.MAX_VALUE))
          : ofLong(input, ordered);
    }

    /** 0; or 1 and the value as a long (doubles in their ordered form). */
    @Override
    void writeTo(DataOutput out) throws IOException {
      out.writeBoolean(present);
      if (present) {
        out.writeLong(ordered);
      }
    }

    @Override
    void readFrom(DataInputStream in) throws IOException {
      present = in.readBoolean();
      ordered = present ? in.readLong() : 0;
    }
  }

  static final class Distinct extends Accumulator {
    private final ColumnType type;
    private DistinctSketch sketch = new DistinctSketch();

    Distinct(ColumnType type) {
      this.type = type;
    }

    boolean isExact() {
      return sketch.isExact();
    }

    @Override
    void add(Row row, int column) {
      if (!row.isNull(column)) {
        sketch.add(
            switch (type) {
              case STRING -> DistinctSketch.hash(row.utf8At(column));
              case DOUBLE -> DistinctSketch.hash(Double.doubleToLongBits(row.doubleAt(column)));
              case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> DistinctSketch.hash(row.longAt(column));
            });
      }
    }

    @Override
    void merge(Accumulator other) {
      sketch.merge(((Distinct) other).sketch);
    }

    @Override
    Object value() {
      return sketch.estimate();
    }

    @Override
    void writeTo(DataOutput out) throws IOException {
      sketch.writeTo(out);
    }

    @Override
    void readFrom(DataInputStream in) throws IOException {
      sketch = DistinctSketch.readFrom(in);
    }
  }

  static final class Latest extends Accumulator {
    private final Column input;
    private boolean present;
    private long eventTime;
    private int partition;
    private long offset;
    private long number;
    private byte[] text = {};

    Latest(Column input) {
      this.input = input;
    }

    @Override
    void add(Row row, int column) {
      if (row.isNull(column) || !isLater(row.eventTime(), row.partition(), row.offset())) {
        return;
      }

      long newNumber = 0;
      byte[] newText = text;
      switch (input.type()) {
        case STRING -> {
          byte[] bytes = row.utf8At(column);
          newText = Arrays.copyOf(bytes, bytes.length);
        }
        case DOUBLE -> newNumber = Double.doubleToLongBits(row.doubleAt(column));
        case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> newNumber = row.longAt(column);
      }

      set(row.eventTime(), row.partition(), row.offset(), newNumber, newText);
    }

    private boolean isLater(long time, int p, long o) {
      if (!present || time != eventTime) {
        return !present || time > eventTime;
      }
      return p != partition ? p > partition : o > offset;
    }

    private void set(long time, int p, long o, long newNumber, byte[] newText) {
      present = true;
      eventTime = time;
      partition = p;
      offset = o;
      number = newNumber;
      text = newText;
    }

    @Override
    void merge(Accumulator other) {
      Latest that = (Latest) other;
      if (that.present && isLater(that.eventTime, that.partition, that.offset)) {
        set(that.eventTime, that.partition, that.offset, that.number, that.text);
      }
    }

    @Override
    Object value() {
      if (!present) {
        return null;
      }
      return switch (input.type()) {
        case STRING -> new String(text, StandardCharsets.UTF_8);
        case DOUBLE -> (Object) Double.longBitsToDouble(number);
        case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> ofLong(input, number);
      };
    }

    /**
     * 0; or 1, event time (8), partition (4), offset (8), then length (4) and UTF-8 bytes, or the
     * value (8).
     */
    @Override
    void writeTo(DataOutput out) throws IOException {
      out.writeBoolean(present);
      if (!present) {
        return;
      }

      out.writeLong(eventTime);
      out.writeInt(partition);
      out.writeLong(offset);

      if (input.type() == ColumnType.STRING) {
        out.writeInt(text.length);
        out.write(text);
      } else {
        out.writeLong(number);
      }
    }

    @Override
    void readFrom(DataInputStream in) throws IOException {
      present = in.readBoolean();
      if (!present) {
        return;
      }

      eventTime = in.readLong();
      partition = in.readInt();
      offset = in.readLong();

      if (input.type() == ColumnType.STRING) {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
          throw new IOException("text of " + length + " bytes, found " + in.available());
        }
        text = new byte[length];
        in.readFully(text);
      } else {
        number = in.readLong();
      }
    }
  }

  private static Object ofLong(Column column, long value) {
    return switch (column.type()) {
      case DECIMAL -> BigDecimal.valueOf(value, column.scale());
      case TIMESTAMP -> Instant.ofEpochMilli(value);
      case BOOLEAN -> value != 0;
      case LONG -> value;
      case STRING, DOUBLE -> throw new AssertionError(column.type());
    };
  }
}
