package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.handoff.Epoch;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the newest boundary that all partitions have, and sees to it that quiet partitions have the
 * one that is due: by a tick, or where we may not write, by the wall clock.
 */
final class Sealing {
  private static final Duration POLL = Duration.ofMillis(20);

  private final TopicLog log;
  private final LambdaConfig config;
  private final Clock clock;
  private final StartingPoint start;
  private final EpochSearch search;

  Sealing(TopicLog log, LambdaConfig config, Clock clock, StartingPoint start) {
    this.log = log;
    this.config = config;
    this.clock = clock;
    this.start = start;
    this.search = new EpochSearch(log::boundaryRecords, config.log().epoch(), start.partitions());
  }

  /**
   * The epochs from the starting point up to the newest boundary. Waits at most {@code
   * lambda.tick.timeout} for it, then takes an earlier one.
   */
  Sealed seal() throws InterruptedException {
    long due = Epoch.numberAt(clock.millis(), config.log().epoch());
    if (due <= start.fromEpoch()) {
      return nothing(Set.of());
    }

    Set<Integer> missing = search.without(due, log.partitions());
    if (!config.log().tick()) {
      return missing.isEmpty() ? ranges(due, missing, Map.of()) : byClock(missing);
    }

    missing = tick(due, missing);
    long to =
        missing.isEmpty() ? due : search.newestWithBoundaries(start.fromEpoch(), due - 1, missing);
    return ranges(to, missing, Map.of());
  }

  /** What {@link #seal} would take now, without writing a tick nor waiting for one. */
  Sealed look() {
    long due = Epoch.numberAt(clock.millis(), config.log().epoch());
    if (due <= start.fromEpoch()) {
      return nothing(Set.of());
    }
    Set<Integer> missing = search.without(due, log.partitions());
    long to =
        missing.isEmpty() ? due : search.newestWithBoundaries(start.fromEpoch(), due - 1, missing);
    return ranges(to, missing, Map.of());
  }

  /** Ticks until the boundary is there, again and again: the broker's clock may be behind ours. */
  private Set<Integer> tick(long epoch, Set<Integer> without) throws InterruptedException {
    Set<Integer> missing = without;
    long now = System.nanoTime();
    long deadline = now + config.log().tickTimeout().toNanos();
    long pause = Math.max(config.log().tickTimeout().toNanos() / 10, POLL.toNanos());
    long nextTick = now;

    while (!missing.isEmpty()) {
      now = System.nanoTime();
      if (now - deadline > 0) {
        return missing;
      }

      if (now - nextTick >= 0) {
        log.tick(missing);
        nextTick = now + pause;
      }

      missing = search.without(epoch, missing);
      if (!missing.isEmpty()) {
        Thread.sleep(POLL.toMillis());
      }
    }

    return missing;
  }

  /**
   * Without ticks: an epoch of a quiet partition is over when the clock says so, all replicas are
   * in sync and no transaction is open; then its boundary is the partition's end.
   */
  private Sealed byClock(Set<Integer> missing) {
    long safe = clock.millis() - config.log().clockSkew().toMillis();
    long closed = safe < 0 ? 0 : Epoch.numberAt(safe, config.log().epoch());

    if (closed > start.fromEpoch()) {
      Map<Integer, Long> ends = new TreeMap<>(log.endOffsets());
      Map<Integer, Long> all = log.highWatermarks();
      Set<Integer> outOfSync = log.partitionsOutOfSync();
      Set<Integer> quiet = search.without(closed, log.partitions());
      Set<Integer> open = new TreeSet<>(quiet);
      open.removeIf(p -> !outOfSync.contains(p) && all.get(p).equals(ends.get(p)));
      if (open.isEmpty()) {
        ends.keySet().retainAll(quiet);
        return ranges(closed, missing, ends);
      }
    }

    long to =
        search.newestWithBoundaries(
            start.fromEpoch(), Math.max(start.fromEpoch(), closed), missing);
    return ranges(to, missing, Map.of());
  }

  private Sealed ranges(long to, Set<Integer> holding, Map<Integer, Long> ends) {
    if (to <= start.fromEpoch()) {
      return nothing(holding);
    }

    SortedMap<Integer, PartitionRange> ranges = new TreeMap<>();
    Set<Integer> byClock = new TreeSet<>();
    for (int partition : log.partitions()) {
      OptionalLong end =
          ends.containsKey(partition) ? OptionalLong.of(ends.get(partition)) : OptionalLong.empty();
      PartitionStart from = start.partitions().get(partition);
      EpochSearch.Run run = search.run(partition, start.fromEpoch(), to, end);
      NavigableMap<Long, Long> boundaries = run.boundaries();

      if (run.byClock()) {
        byClock.add(partition);
      }
      ranges.put(
          partition,
          new PartitionRange(
              from.offset(),
              boundaries.lastEntry().getValue(),
              from.lost(),
              run.leaderEpoch(),
              boundaries));
    }

    return new Sealed(start.fromEpoch(), to, ranges, holding, byClock);
  }

  private Sealed nothing(Set<Integer> holding) {
    return new Sealed(start.fromEpoch(), start.fromEpoch(), new TreeMap<>(), holding, Set.of());
  }
}
