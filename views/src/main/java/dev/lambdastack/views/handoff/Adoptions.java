package dev.lambdastack.views.handoff;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * From which log time on each partition of a topic counts. A partition that was added to the topic
 * later has records before either layer knows of it, and epochs that are over by then must stay as
 * they were. So it is adopted at an instant that no epoch in the making has reached: no record of
 * it has an earlier log time, whatever its append time is. Hence its boundary of every epoch up to
 * there is its first offset, and what was computed or published before is right as it stands.
 *
 * <p>Both layers read the same adoptions; each step is a compare-and-set.
 *
 * @param floors the least log time of each partition's records; 1970 for those that were there at
 *     first. All partitions that are known
 */
public record Adoptions(SortedMap<Integer, Instant> floors) {
  /** How many epochs ahead a partition is adopted: who has not heard of it by then stops. */
  private static final int EPOCHS_AHEAD = 2;

  public Adoptions {
    floors = Collections.unmodifiableSortedMap(new TreeMap<>(floors));
  }

  /** Of a topic of which nothing was read yet. */
  public static Adoptions atFirst(Set<Integer> partitions) {
    SortedMap<Integer, Instant> floors = new TreeMap<>();
    partitions.forEach(p -> floors.put(p, Instant.EPOCH));
    return new Adoptions(floors);
  }

  /**
   * The instant at which a partition is adopted that is noticed now: the start of an epoch.
   *
   * @param clockSkew how far clocks may differ
   */
  public static Instant adoptedAt(Instant now, Duration clockSkew, Duration epochLength) {
    long current = Epoch.numberAt(now.plus(clockSkew).toEpochMilli(), epochLength);
    return new Epoch(current + EPOCHS_AHEAD, epochLength).start();
  }

  /** These, and the partitions that are not yet among them at this instant. */
  public Adoptions with(Set<Integer> partitions, Instant adoptedAt) {
    SortedMap<Integer, Instant> more = new TreeMap<>(floors);
    partitions.forEach(p -> more.putIfAbsent(p, adoptedAt));
    return new Adoptions(more);
  }

  /** The partitions that are known. */
  public Set<Integer> partitions() {
    return floors.keySet();
  }

  /** Milliseconds since 1970 that no record of the partition has an earlier log time than. */
  public long floorMillis(int partition) {
    Instant floor = floors.get(partition);
    if (floor == null) {
      throw new IllegalArgumentException("partition " + partition + " is not among " + floors);
    }
    return floor.toEpochMilli();
  }

  /** One line for each partition: its number and its floor. */
  public String toText() {
    return floors.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue() + "\n")
        .collect(Collectors.joining());
  }

  /**
   * The inverse of {@link #toText}.
   *
   * @throws IllegalArgumentException when the text is none
   */
  public static Adoptions parse(String text) {
    SortedMap<Integer, Instant> floors = new TreeMap<>();
    try {
      for (String line : text.lines().toList()) {
        String[] parts = line.split(" ", -1);
        floors.put(Integer.valueOf(parts[0]), Instant.parse(parts[1]));
      }
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("no list of partitions: '" + text + "'", e);
    }
    return new Adoptions(floors);
  }
}
