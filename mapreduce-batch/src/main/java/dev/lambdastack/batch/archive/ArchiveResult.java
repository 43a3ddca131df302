package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.OffsetSpan;
import java.time.Duration;
import java.util.Collections;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an archive run did.
 *
 * @param run number of the run that was committed; empty when there was nothing to do or the run
 *     was dry
 * @param fromEpoch inclusive
 * @param toEpoch exclusive; equals {@code fromEpoch} when there was nothing to do
 * @param holding partitions without a record past the newest boundary that was due
 * @param byClock partitions whose end was set by the clock
 * @param added partitions that no run knew before, where there was one
 * @param lost for each partition the offsets that retention had removed before, and that were given
 *     up
 */
public record ArchiveResult(
    String topic,
    OptionalLong run,
    long fromEpoch,
    long toEpoch,
    Duration epochLength,
    Counts counts,
    Set<Integer> holding,
    Set<Integer> byClock,
    Set<Integer> added,
    SortedMap<Integer, OffsetSpan> lost,
    Duration duration) {
  /**
   * What the run counted.
   *
   * @param read records that were read: events, ticks and dead letters; for a dry run the number of
   *     offsets, which is at least that
   * @param files event files
   * @param bytes of the event files
   */
  public record Counts(
      long read, long events, long ticks, long deadLetters, int files, long bytes) {}

  public ArchiveResult {
    holding = Set.copyOf(holding);
    byClock = Set.copyOf(byClock);
    added = Set.copyOf(added);
    lost = Collections.unmodifiableSortedMap(new TreeMap<>(lost));
  }

  /** Whether no epoch was there to take. */
  public boolean isEmpty() {
    return toEpoch <= fromEpoch;
  }

  /** {@link Counts#read()}. */
  public long read() {
    return counts.read;
  }

  /** {@link Counts#events()}. */
  public long events() {
    return counts.events;
  }

  /** {@link Counts#ticks()}. */
  public long ticks() {
    return counts.ticks;
  }

  /** {@link Counts#deadLetters()}. */
  public long deadLetters() {
    return counts.deadLetters;
  }

  /** {@link Counts#files()}. */
  public int files() {
    return counts.files;
  }

  /** {@link Counts#bytes()}. */
  public long bytes() {
    return counts.bytes;
  }
}
