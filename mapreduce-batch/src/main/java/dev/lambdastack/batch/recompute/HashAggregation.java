package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Aggregates by row key, in bounded memory: when it is full, all are given away and it begins anew;
 * whoever takes them merges. Not thread-safe.
 */
final class HashAggregation {
  /** Takes an aggregate and its row key; either may be kept. */
  @FunctionalInterface
  interface Sink {
    void take(byte[] rowKey, Aggregate aggregate) throws IOException, InterruptedException;
  }

  /** A map entry, a key, an aggregate and its parts, about. */
  private static final int OVERHEAD_BYTES = 250;

  private static final int OVERHEAD_OF_METRIC_BYTES = 50;
  private static final int ROWS_BETWEEN_CHECKS = 8192;
  private static final int SAMPLES = 64;

  private static final class Key {
    private final byte[] bytes;
    private final int hash;

    Key(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  private final ViewShape shape;
  private final long memoryBytes;
  private final Sink sink;
  private final Map<Key, Aggregate> aggregates = new HashMap<>();
  private int untilCheck = ROWS_BETWEEN_CHECKS;
  private long spills;

  HashAggregation(ViewShape shape, long memoryBytes, Sink sink) {
    this.shape = shape;
    this.memoryBytes = memoryBytes;
    this.sink = sink;
  }

  /** The aggregate that a row of this key belongs to; good until the next call. */
  Aggregate of(byte[] rowKey) throws IOException, InterruptedException {
    if (--untilCheck == 0) {
      untilCheck = ROWS_BETWEEN_CHECKS;
      if (sizeBytes() > memoryBytes) {
        spills++;
        flush();
      }
    }
    return aggregates.computeIfAbsent(new Key(rowKey), k -> shape.emptyAggregate());
  }

  /** About how much is held: some aggregates are measured, since sketches grow. */
  private long sizeBytes() {
    long sampled = 0;
    int samples = 0;
    for (Map.Entry<Key, Aggregate> entry : aggregates.entrySet()) {
      sampled += entry.getKey().bytes.length + 2L * entry.getValue().toBytes().length;
      if (++samples == SAMPLES) {
        break;
      }
    }
    long each =
        OVERHEAD_BYTES
            + (long) OVERHEAD_OF_METRIC_BYTES * shape.metrics().size()
            + (samples == 0 ? 0 : sampled / samples);
    return each * aggregates.size();
  }

  /** Gives all away. */
  void flush() throws IOException, InterruptedException {
    for (Map.Entry<Key, Aggregate> entry : aggregates.entrySet()) {
      sink.take(entry.getKey().bytes, entry.getValue());
    }
    aggregates.clear();
  }

  /** How often it was full. */
  long spills() {
    return spills;
  }
}
