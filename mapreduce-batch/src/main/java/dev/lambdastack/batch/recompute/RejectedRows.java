package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.aggregate.ColumnBatch;

/**
 * Where the rows stand that the pinned schema rejects, of one batch. They are events by the schema
 * that they were archived under. Not thread-safe.
 */
final class RejectedRows {
  /** Nothing is rejected. */
  static final RejectedRows NONE = new RejectedRows();

  /** Which places in the log are asked for. */
  @FunctionalInterface
  interface Places {
    boolean has(int partition, long offset);
  }

  private final int[] partitions = new int[ColumnBatch.CAPACITY];
  private final long[] offsets = new long[ColumnBatch.CAPACITY];
  private int size;

  void clear() {
    size = 0;
  }

  void add(int partition, long offset) {
    partitions[size] = partition;
    offsets[size++] = offset;
  }

  /** How many stand at such places. */
  int count(Places places) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      if (places.has(partitions[i], offsets[i])) {
        count++;
      }
    }
    return count;
  }
}
