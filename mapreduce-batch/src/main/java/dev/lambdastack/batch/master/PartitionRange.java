package dev.lambdastack.batch.master;

import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What one archive run holds of one partition.
 *
 * @param start offset, inclusive: the end of the run before; 0 in the partition's first
 * @param end offset, exclusive: the boundary of the run's {@code toEpoch}, where the next one
 *     starts
 * @param lost so many offsets from {@code start} on hold records that retention had removed before
 *     they were archived: before the first run, or in a gap that a person accepted. 0 where there
 *     is none
 * @param leaderEpoch Kafka's leader epoch of the record at {@code end}; empty where the end was set
 *     by the clock, or the broker did not say
 * @param boundaries the boundaries of the run's epochs, run-length encoded: each entry says at
 *     which offset its epoch and those after it begin, up to the next entry
 */
public record PartitionRange(
    long start, long end, long lost, OptionalInt leaderEpoch, NavigableMap<Long, Long> boundaries) {
  public PartitionRange {
    if (start < 0 || end < start || lost < 0 || lost > end - start) {
      throw new IllegalArgumentException(
          "offsets [" + start + ", " + end + "), the first " + lost + " lost");
    }
    boundaries = Collections.unmodifiableNavigableMap(new TreeMap<>(boundaries));
  }

  /** Without a gap. */
  public PartitionRange(
      long start, long end, OptionalInt leaderEpoch, NavigableMap<Long, Long> boundaries) {
    this(start, end, 0, leaderEpoch, boundaries);
  }

  /** The first offset that was read. */
  public long readFrom() {
    return start + lost;
  }

  /** The offset at which the epoch begins; it lies in {@code (fromEpoch, toEpoch]}. */
  public long boundary(long epoch) {
    Map.Entry<Long, Long> entry = boundaries.floorEntry(epoch);
    if (entry == null) {
      throw new IllegalArgumentException("epoch " + epoch + " is not among " + boundaries);
    }
    return entry.getValue();
  }
}
