package dev.lambdastack.batch.archive;

import dev.lambdastack.log.Boundary;
import dev.lambdastack.views.handoff.Epoch;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds epochs in a log by asking it for few boundaries. */
final class EpochSearch {
  /** The log's answer: the first delivered record that reaches a log time, where there is one. */
  @FunctionalInterface
  interface Log {
    Map<Integer, Boundary> boundaryRecords(long logTimeMillis, Collection<Integer> partitions);
  }

  private final Log log;
  private final Duration epochLength;
  private final Map<Integer, PartitionStart> starts;

  /**
   * @param starts by partition; up to its first epoch, a partition's boundaries are its first
   *     offset
   */
  EpochSearch(Log log, Duration epochLength, Map<Integer, PartitionStart> starts) {
    this.log = log;
    this.epochLength = epochLength;
    this.starts = Map.copyOf(starts);
  }

  /** Those of these partitions that have no boundary of the epoch yet. */
  Set<Integer> without(long epoch, Collection<Integer> partitions) {
    Set<Integer> open = new TreeSet<>(partitions);
    open.removeIf(p -> starts.get(p).firstEpoch() >= epoch);
    if (!open.isEmpty()) {
      open.removeAll(log.boundaryRecords(startMillis(epoch), Set.copyOf(open)).keySet());
    }
    return open;
  }

  /**
   * The greatest epoch of {@code [least, most]} that has a boundary in every one of these
   * partitions; {@code least} is known to have one.
   */
  long newestWithBoundaries(long least, long most, Collection<Integer> partitions) {
    long low = least;
    long high = most;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (without(middle, partitions).isEmpty()) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /**
   * Boundaries of consecutive epochs in one partition.
   *
   * @param leaderEpoch of the record at the last one, where there is one
   * @param byClock whether the last one is the partition's end, since there is no record
   */
  record Run(NavigableMap<Long, Long> boundaries, OptionalInt leaderEpoch, boolean byClock) {}

  /**
   * The boundaries of the epochs {@code (from, to]}, run-length encoded: each entry holds from its
   * epoch on. A record that is far behind its predecessor begins many epochs at once, so a quiet
   * log takes few look-ups.
   *
   * @param end what the boundary of an epoch without a record is: the partition's end, where the
   *     clock has closed the epochs
   */
  Run run(int partition, long from, long to, OptionalLong end) {
    NavigableMap<Long, Long> boundaries = new TreeMap<>();
    OptionalInt leaderEpoch = OptionalInt.empty();
    PartitionStart start = starts.get(partition);
    long epoch = from + 1;

    if (start.firstEpoch() >= epoch) {
      boundaries.put(epoch, start.readFrom());
      epoch = start.firstEpoch() + 1;
    }

    while (epoch <= to) {
      Boundary last = log.boundaryRecords(startMillis(epoch), List.of(partition)).get(partition);
      if (last == null) {
        boundaries.put(
            epoch,
            end.orElseThrow(
                () ->
                    new IllegalStateException(
                        "a boundary of partition " + partition + " that was there is gone")));
        return new Run(boundaries, OptionalInt.empty(), true);
      }

      boundaries.put(epoch, last.offset());
      leaderEpoch = last.leaderEpoch();
      epoch = Epoch.numberAt(last.appendTimeMillis(), epochLength) + 1;
    }

    return new Run(boundaries, leaderEpoch, false);
  }

  private long startMillis(long epoch) {
    return new Epoch(epoch, epochLength).startMillis();
  }
}
