package dev.lambdastack.batch.archive;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What an archive run did.
 *
 * @param sequence of the manifest that was committed; empty when there was nothing to do or the run
 *     was dry
 * @param fromEpoch inclusive
 * @param toEpoch exclusive; equals {@code fromEpoch} when there was nothing to do
 * @param read records that were read: events, ticks and dead letters; of a dry run the number of
 *     offsets, which is at least that
 * @param files event files
 * @param bytes of the event files
 * @param holding partitions without a record past the newest boundary that was due
 * @param byClock partitions whose end was set by the clock
 */
public record ArchiveResult(
    String topic,
    OptionalLong sequence,
    long fromEpoch,
    long toEpoch,
    Duration epochLength,
    long read,
    long events,
    long ticks,
    long deadLetters,
    int files,
    long bytes,
    Set<Integer> holding,
    Set<Integer> byClock,
    Duration duration) {
  public ArchiveResult {
    holding = Set.copyOf(holding);
    byClock = Set.copyOf(byClock);
  }

  /** Whether no epoch was there to take. */
  public boolean isEmpty() {
    return toEpoch <= fromEpoch;
  }
}
