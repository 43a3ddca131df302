package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Metric;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The running values of one metric for many groups at once, in primitive arrays. For each group it
 * comes to what an {@link Accumulator} would: the same values, the same bytes. Not thread-safe.
 */
abstract class ColumnarAccumulator {
  /**
   * Folds rows in.
   *
   * @param column null for a metric without one
   * @param rows indices of rows in the batch, in the first {@code count} places
   * @param groups of these rows
   */
  abstract void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count);

  /** As {@link Accumulator#writeTo}. */
  abstract void writeTo(int group, DataOutput out) throws IOException;

  /** Makes room for groups up to this number, exclusive; a new one has seen nothing. */
  abstract void ensure(int groups);

  /** All groups have seen nothing. */
  abstract void clear();

  abstract long sizeBytes();

  static ColumnarAccumulator of(Metric metric, Column input) {
    return switch (metric.kind()) {
      case COUNT -> new Count();
      case SUM, AVG -> new Sum();
      case MIN -> new Extreme(input, -1);
      case MAX -> new Extreme(input, 1);
      case DISTINCT -> new Distinct(input.type());
      case LATEST -> new Latest(input);
    };
  }

  static final class Count extends ColumnarAccumulator {
    private long[] counts = new long[0];

    @Override
    void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count) {
      long[] all = counts;
      for (int i = 0; i < count; i++) {
        all[groups[i]]++;
      }
    }

    @Override
    void writeTo(int group, DataOutput out) throws IOException {
      out.writeLong(counts[group]);
    }

    @Override
    void ensure(int groups) {
      counts = grown(counts, groups);
    }

    @Override
    void clear() {
      Arrays.fill(counts, 0);
    }

    @Override
    long sizeBytes() {
      return 8L * counts.length;
    }
  }

  static final class Sum extends ColumnarAccumulator {
    private long[] values = new long[0];
    private long[] lows = new long[0];

    /** What did not fit a long, by group; mostly none. */
    private final Map<Integer, BigInteger> highs = new HashMap<>();

    @Override
    void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count) {
      boolean[] nulls = column.nulls();
      long[] longs = column.longs();
      for (int i = 0; i < count; i++) {
        int row = rows[i];
        if (nulls[row]) {
          continue;
        }

        int group = groups[i];
        long low = lows[group];
        long value = longs[row];
        long sum = low + value;
        if (((low ^ sum) & (value ^ sum)) < 0) {
          highs.merge(group, BigInteger.valueOf(low), BigInteger::add);
          sum = value;
        }

        lows[group] = sum;
        values[group]++;
      }
    }

    @Override
    void writeTo(int group, DataOutput out) throws IOException {
      BigInteger high = highs.get(group);
      BigInteger low = BigInteger.valueOf(lows[group]);
      byte[] sum = (high == null ? low : high.add(low)).toByteArray();
      out.writeLong(values[group]);
      out.writeByte(sum.length);
      out.write(sum);
    }

    @Override
    void ensure(int groups) {
      values = grown(values, groups);
      lows = grown(lows, groups);
    }

    @Override
    void clear() {
      Arrays.fill(values, 0);
      Arrays.fill(lows, 0);
      highs.clear();
    }

    @Override
    long sizeBytes() {
      return 16L * lows.length + 100L * highs.size();
    }
  }

  static final class Extreme extends ColumnarAccumulator {
    private final boolean isDouble;
    private final int sign;
    private boolean[] present = new boolean[0];
    private long[] ordered = new long[0];

    Extreme(Column input, int sign) {
      this.isDouble = input.type() == ColumnType.DOUBLE;
      this.sign = sign;
    }

    @Override
    void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count) {
      boolean[] nulls = column.nulls();
      for (int i = 0; i < count; i++) {
        int row = rows[i];
        if (!nulls[row]) {
          long value =
              isDouble ? Accumulator.Extreme.ordered(column.doubles()[row]) : column.longs()[row];
          int group = groups[i];
          if (!present[group] || Long.compare(value, ordered[group]) * sign > 0) {
            present[group] = true;
            ordered[group] = value;
          }
        }
      }
    }

    @Override
    void writeTo(int group, DataOutput out) throws IOException {
      out.writeBoolean(present[group]);
      if (present[group]) {
        out.writeLong(ordered[group]);
      }
    }

    @Override
    void ensure(int groups) {
      ordered = grown(ordered, groups);
      present = grown(present, groups);
    }

    @Override
    void clear() {
      Arrays.fill(present, false);
    }

    @Override
    long sizeBytes() {
      return 9L * ordered.length;
    }
  }

  static final class Distinct extends ColumnarAccumulator {
    private final ColumnType type;
    private final long[] hashes = new long[ColumnBatch.CAPACITY];
    private DistinctSketch[] sketches = new DistinctSketch[0];

    Distinct(ColumnType type) {
      this.type = type;
    }

    @Override
    void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count) {
      hash(column, rows, count);
      boolean[] nulls = column.nulls();
      for (int i = 0; i < count; i++) {
        if (!nulls[rows[i]]) {
          sketch(groups[i]).add(hashes[i]);
        }
      }
    }

    /** Of null rows, anything. */
    private void hash(ColumnVector column, int[] rows, int count) {
      switch (type) {
        case STRING -> {
          boolean[] nulls = column.nulls();
          TextDictionary texts = column.texts();
          int[] ids = column.ids();
          for (int i = 0; i < count; i++) {
            if (!nulls[rows[i]]) {
              hashes[i] = texts.hash(ids[rows[i]]);
            }
          }
        }
        case DOUBLE -> {
          double[] doubles = column.doubles();
          for (int i = 0; i < count; i++) {
            hashes[i] = DistinctSketch.hash(Double.doubleToLongBits(doubles[rows[i]]));
          }
        }
        case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> {
          long[] longs = column.longs();
          for (int i = 0; i < count; i++) {
            hashes[i] = DistinctSketch.hash(longs[rows[i]]);
          }
        }
      }
    }

    private DistinctSketch sketch(int group) {
      DistinctSketch sketch = sketches[group];
      if (sketch == null) {
        sketch = new DistinctSketch();
        sketches[group] = sketch;
      }
      return sketch;
    }

    @Override
    void writeTo(int group, DataOutput out) throws IOException {
      sketch(group).writeTo(out);
    }

    @Override
    void ensure(int groups) {
      sketches = grown(sketches, groups);
    }

    @Override
    void clear() {
      Arrays.fill(sketches, null);
    }

    @Override
    long sizeBytes() {
      long bytes = 4L * sketches.length;
      for (DistinctSketch sketch : sketches) {
        bytes += sketch == null ? 0 : sketch.sizeBytes();
      }
      return bytes;
    }
  }

  static final class Latest extends ColumnarAccumulator {
    private final Column input;
    private boolean[] present = new boolean[0];
    private long[] eventTimes = new long[0];
    private int[] partitions = new int[0];
    private long[] offsets = new long[0];
    private long[] numbers = new long[0];
    private byte[][] texts = new byte[0][];

    Latest(Column input) {
      this.input = input;
    }

    @Override
    void add(ColumnBatch batch, ColumnVector column, int[] rows, int[] groups, int count) {
      boolean[] nulls = column.nulls();
      for (int i = 0; i < count; i++) {
        int row = rows[i];
        int group = groups[i];
        if (nulls[row] || !isLater(batch, row, group)) {
          continue;
        }

        present[group] = true;
        eventTimes[group] = batch.eventTimes()[row];
        partitions[group] = batch.partitions()[row];
        offsets[group] = batch.offsets()[row];

        switch (input.type()) {
          case STRING -> texts[group] = column.text(row);
          case DOUBLE -> numbers[group] = Double.doubleToLongBits(column.doubles()[row]);
          case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> numbers[group] = column.longs()[row];
        }
      }
    }

    private boolean isLater(ColumnBatch batch, int row, int group) {
      if (!present[group]) {
        return true;
      }
      int byTime = Long.compare(batch.eventTimes()[row], eventTimes[group]);
      if (byTime != 0) {
        return byTime > 0;
      }
      int byPartition = Integer.compare(batch.partitions()[row], partitions[group]);
      return byPartition != 0 ? byPartition > 0 : batch.offsets()[row] > offsets[group];
    }

    @Override
    void writeTo(int group, DataOutput out) throws IOException {
      out.writeBoolean(present[group]);
      if (!present[group]) {
        return;
      }

      out.writeLong(eventTimes[group]);
      out.writeInt(partitions[group]);
      out.writeLong(offsets[group]);

      if (input.type() == ColumnType.STRING) {
        out.writeInt(texts[group].length);
        out.write(texts[group]);
      } else {
        out.writeLong(numbers[group]);
      }
    }

    @Override
    void ensure(int groups) {
      present = grown(present, groups);
      eventTimes = grown(eventTimes, groups);
      partitions = grown(partitions, groups);
      offsets = grown(offsets, groups);
      if (input.type() == ColumnType.STRING) {
        texts = grown(texts, groups);
      } else {
        numbers = grown(numbers, groups);
      }
    }

    @Override
    void clear() {
      Arrays.fill(present, false);
      Arrays.fill(texts, null);
    }

    @Override
    long sizeBytes() {
      long bytes = 29L * present.length;
      for (byte[] text : texts) {
        bytes += text == null ? 0 : text.length + 16;
      }
      return bytes;
    }
  }

  /** Arrays of all accumulators grow by the same steps. */
  private static int capacity(int now, int groups) {
    return groups <= now ? now : Math.max(groups, Math.max(1024, 2 * now));
  }

  private static long[] grown(long[] array, int groups) {
    return groups <= array.length ? array : Arrays.copyOf(array, capacity(array.length, groups));
  }

  private static int[] grown(int[] array, int groups) {
    return groups <= array.length ? array : Arrays.copyOf(array, capacity(array.length, groups));
  }

  private static boolean[] grown(boolean[] array, int groups) {
    return groups <= array.length ? array : Arrays.copyOf(array, capacity(array.length, groups));
  }

  private static <T> T[] grown(T[] array, int groups) {
    return groups <= array.length ? array : Arrays.copyOf(array, capacity(array.length, groups));
  }
}
