package dev.lambdastack.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** Latencies of single events. Not thread-safe. */
final class Latencies {
  private static final double ROUNDING = 1e-6;

  private long[] nanos = new long[1 << 16];
  private int count;

  void add(long latency) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = latency;
  }

  int count() {
    return count;
  }

  /**
   * The least latency that this share of the events does not exceed (nearest rank).
   *
   * @param share above 0, up to 1
   */
  double millis(double share) {
    if (count == 0) {
      throw new IllegalStateException("no event was measured");
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    // 0.07 of 100 is a little more than 7 to a double.
    return sorted[Math.max(1, (int) Math.ceil(share * count - ROUNDING)) - 1] / 1e6;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "p50 %,.0f ms, p95 %,.0f ms, p99 %,.0f ms, max %,.0f ms",
        millis(0.5),
        millis(0.95),
        millis(0.99),
        millis(1));
  }
}
