package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.PartitionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Cuts what a run reads into tasks. */
final class OffsetRanges {
  private OffsetRanges() {}

  /**
   * Ranges that together are what there is to read of the partitions' ranges, each of at most so
   * many offsets and of about equal length within a partition. A partition without offsets has
   * none.
   *
   * @param starts where the partitions' ranges start
   */
  static List<OffsetRange> of(
      Map<Integer, PartitionRange> partitions,
      Map<Integer, PartitionStart> starts,
      long splitRecords) {
    List<OffsetRange> ranges = new ArrayList<>();
    partitions.forEach(
        (partition, whole) -> {
          long length = whole.end() - whole.readFrom();
          long parts = length / splitRecords + (length % splitRecords == 0 ? 0 : 1);
          for (long i = 0; i < parts; i++) {
            long start = whole.readFrom() + cut(length, parts, i);
            long end = whole.readFrom() + cut(length, parts, i + 1);
            int leaderEpoch =
                i == 0
                    ? starts.get(partition).leaderEpoch().orElse(OffsetRange.UNKNOWN)
                    : OffsetRange.UNKNOWN;
            ranges.add(new OffsetRange(partition, start, end, leaderEpoch));
          }
        });
    return ranges;
  }

  /** {@code length * part / parts} without overflow. */
  private static long cut(long length, long parts, long part) {
    return length / parts * part + Math.min(part, length % parts);
  }
}
