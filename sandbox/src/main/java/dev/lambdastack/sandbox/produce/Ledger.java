package dev.lambdastack.sandbox.produce;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.oracle.Claims;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Every event that Kafka has acknowledged, with its place in the log. Thread-safe. */
public final class Ledger {
  /**
   * An acknowledged event.
   *
   * @param place its number in the order of production, from 0
   * @param appended its append time, as the broker stamped it
   */
  public record Entry(long place, ShopEvent event, int partition, long offset, Instant appended) {

    /**
     * Whether it lies before these offsets.
     *
     * @param offsets by partition, exclusive; a partition that is missing has nothing before
     */
    public boolean isBefore(Map<Integer, Long> offsets) {
      return offset < offsets.getOrDefault(partition, 0L);
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private Instant lastAppended = Instant.MIN;

  synchronized void acknowledged(Entry entry) {
    entries.add(entry);
    if (entry.appended().isAfter(lastAppended)) {
      lastAppended = entry.appended();
    }
  }

  /** How many events were acknowledged. */
  public synchronized long size() {
    return entries.size();
  }

  /** The latest append time of all; {@link Instant#MIN} when there is none. */
  public synchronized Instant lastAppended() {
    return lastAppended;
  }

  /** All acknowledged events, in the order of acknowledgement; a copy. */
  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** All acknowledged events, as answers that were given meanwhile are judged by them. */
  public List<Claims.Sent> claims() {
    return entries().stream()
        .map(e -> new Claims.Sent(e.place(), e.appended(), e.event()))
        .toList();
  }

  /** How many acknowledged events meet a condition. */
  public long count(Predicate<Entry> condition) {
    return entries().stream().filter(condition).count();
  }

  /** For each partition the offset behind the last acknowledged event. */
  public synchronized SortedMap<Integer, Long> ends() {
    SortedMap<Integer, Long> ends = new TreeMap<>();
    entries.forEach(e -> ends.merge(e.partition(), e.offset() + 1, Math::max));
    return ends;
  }
}
