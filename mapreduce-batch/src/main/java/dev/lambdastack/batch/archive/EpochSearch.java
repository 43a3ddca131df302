package dev.lambdastack.batch.archive;

import dev.lambdastack.log.Boundary;
import dev.lambdastack.views.Epoch;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Finds epochs in a log by asking it for few boundaries. */
final class EpochSearch {
  /** The log's answer: the first delivered record that reaches a log time, where there is one. */
  @FunctionalInterface
  interface Log {
    Map<Integer, Boundary> boundaryRecords(long logTimeMillis, Collection<Integer> partitions);
  }

  private final Log log;
  private final Duration epochLength;

  EpochSearch(Log log, Duration epochLength) {
    this.log = log;
    this.epochLength = epochLength;
  }

  /** The boundaries of an epoch; without the partitions that have none. */
  Map<Integer, Boundary> boundaries(long epoch, Collection<Integer> partitions) {
    return log.boundaryRecords(startMillis(epoch), partitions);
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
      if (boundaries(middle, partitions).size() == partitions.size()) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Boundaries of consecutive epochs in one partition, and the record at the last one. */
  record Run(NavigableMap<Long, Long> boundaries, Optional<Boundary> last) {}

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
    Boundary last = null;
    long epoch = from + 1;
    while (epoch <= to) {
      last = boundaries(epoch, List.of(partition)).get(partition);
      if (last == null) {
        boundaries.put(
            epoch,
            end.orElseThrow(
                () ->
                    new IllegalStateException(
                        "a boundary of partition " + partition + " that was there is gone")));
        break;
      }
      boundaries.put(epoch, last.offset());
      epoch = Epoch.numberAt(last.appendTimeMillis(), epochLength) + 1;
    }
    return new Run(boundaries, Optional.ofNullable(last));
  }

  private long startMillis(long epoch) {
    return new Epoch(epoch, epochLength).startMillis();
  }
}
