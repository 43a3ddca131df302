package dev.lambdastack.batch.master;

/**
 * A stretch of one partition.
 *
 * @param start inclusive
 * @param end exclusive
 */
public record OffsetSpan(long start, long end) {
  public OffsetSpan {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("offsets [" + start + ", " + end + ")");
    }
  }

  /** The least span that holds both. */
  public OffsetSpan and(OffsetSpan other) {
    return new OffsetSpan(Math.min(start, other.start), Math.max(end, other.end));
  }
}
