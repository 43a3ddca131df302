package dev.lambdastack.views.handoff;

import dev.lambdastack.views.TestEvent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A topic: partitions whose brokers' clocks step back, with aborted records and ticks among the
 * data, whose oldest records go.
 */
final class WalkLog {
  enum Kind {
    DATA,
    TICK,
    ABORTED
  }

  /**
   * @param logTime the greatest append time among delivered records so far, worked out here and not
   *     by {@link LogTime}
   * @param event none but for data
   * @param windows of each declaration; {@link #NOT_COUNTED} where the declaration leaves it out
   */
  record Entry(Kind kind, long append, long logTime, int id, TestEvent event, List<Long> windows) {
    boolean isDelivered() {
      return kind != Kind.ABORTED;
    }
  }

  static final long NOT_COUNTED = Long.MIN_VALUE;

  private final Random random;
  private final long epochMillis;
  private final int clockSkew;
  private final boolean abortedAreBoundaries;
  private final List<List<Entry>> partitions = new ArrayList<>();
  private final long[] begin;
  private final Map<Long, Integer> boundaries = new HashMap<>();
  private int data;

  WalkLog(
      Random random,
      int partitions,
      long epochMillis,
      int clockSkew,
      boolean abortedAreBoundaries) {
    this.random = random;
    this.epochMillis = epochMillis;
    this.clockSkew = clockSkew;
    this.abortedAreBoundaries = abortedAreBoundaries;
    for (int p = 0; p < partitions; p++) {
      this.partitions.add(new ArrayList<>());
    }
    this.begin = new long[partitions];
  }

  int partitions() {
    return partitions.size();
  }

  /** Exclusive. */
  int end(int partition) {
    return partitions.get(partition).size();
  }

  /** The oldest offset that Kafka still has. */
  long begin(int partition) {
    return begin[partition];
  }

  Entry entry(int partition, int offset) {
    if (offset < begin[partition]) {
      throw new IllegalStateException("offset out of range: " + offset);
    }
    return partitions.get(partition).get(offset);
  }

  /** All that ever stood here, what Kafka no longer has included. */
  List<Entry> history(int partition) {
    return partitions.get(partition);
  }

  void append(int partition, Kind kind, long now) {
    List<Entry> entries = partitions.get(partition);
    long append = now - (random.nextInt(10) < 3 ? random.nextInt(clockSkew + 1) : 0);
    long before = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).logTime();
    long logTime = kind == Kind.ABORTED ? before : Math.max(before, append);
    TestEvent event = null;
    if (kind == Kind.DATA) {
      long late = new long[] {0, 0, 0, 25, 90}[random.nextInt(5)];
      event =
          TestEvent.at(now - late, partition, entries.size())
              .with("whole", (long) random.nextInt(5))
              .with("money", BigDecimal.valueOf(random.nextInt(2000) - 1000, 2))
              .with("flag", random.nextBoolean());
    }
    entries.add(
        new Entry(
            kind,
            append,
            logTime,
            event == null ? -1 : data++,
            event,
            event == null ? List.of() : WalkDeclarations.windows(event)));
  }

  /** The offset of the first delivered record whose append time reaches the epoch's start. */
  Optional<Integer> boundary(int partition, long epoch) {
    Integer known = boundaries.get(key(partition, epoch));
    if (known != null) {
      return Optional.of(known);
    }
    List<Entry> entries = partitions.get(partition);
    for (int offset = 0; offset < entries.size(); offset++) {
      Entry entry = entries.get(offset);
      if ((entry.isDelivered() || abortedAreBoundaries) && entry.append() >= epoch * epochMillis) {
        boundaries.put(key(partition, epoch), offset);
        return Optional.of(offset);
      }
    }
    return Optional.empty();
  }

  private static long key(int partition, long epoch) {
    return epoch << 8 | partition;
  }

  /** Makes the end of the partition the boundary, whatever may still come. */
  void fixBoundary(int partition, long epoch) {
    boundaries.putIfAbsent(key(partition, epoch), end(partition));
  }

  /** Kafka's retention passes some records before this offset. */
  void expire(int partition, int before) {
    if (before > begin[partition]) {
      begin[partition] += 1 + random.nextInt((int) (before - begin[partition]));
    }
  }

  Map<Integer, Long> ends() {
    Map<Integer, Long> ends = new HashMap<>();
    for (int p = 0; p < partitions(); p++) {
      ends.put(p, (long) end(p));
    }
    return ends;
  }
}
