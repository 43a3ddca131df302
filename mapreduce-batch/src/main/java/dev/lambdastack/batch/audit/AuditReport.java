package dev.lambdastack.batch.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an audit of a topic found.
 *
 * @param runs of the archive
 * @param vouched the newest run whose digest a version notes; 0 where none does, or none was asked
 *     for. Of later ones, the last one's is noted nowhere
 * @param complete every event that the log took before is in the dataset: the horizon's instant;
 *     empty before the first archive run
 * @param files that belong to the dataset, dead letters included
 * @param bytes of them, as the tables say
 * @param superseded files that others stand in the place of and that are still there
 * @param orphans files that no snapshot names: left by killed runs, or of a run that goes on now
 * @param partitions by number; empty where Kafka was not asked
 * @param retention of the topic; empty where it has none, or Kafka was not asked
 * @param differences what is wrong, one line each
 * @param warnings what may become wrong, one line each
 * @param deep whether all bytes were read
 */
public record AuditReport(
    String topic,
    long runs,
    long vouched,
    Optional<Instant> complete,
    Counts counts,
    int files,
    long bytes,
    int superseded,
    List<String> orphans,
    Map<Integer, Unarchived> partitions,
    Optional<Duration> retention,
    List<String> differences,
    List<String> warnings,
    boolean deep) {
  /**
   * Records over all runs: read = events + deadLetters + ticks.
   *
   * @param lost offsets whose records retention had removed before they were archived
   */
  public record Counts(long read, long events, long deadLetters, long ticks, long lost) {}

  /**
   * What of a partition is not archived yet.
   *
   * @param from the first offset that is not archived
   * @param offsets from there to the end of the log
   * @param oldest how long the log has had the oldest of these records; empty where there is none
   * @param retentionUsed that age as a share of the topic's retention; 0 where nothing is waiting
   *     or the topic has no retention
   */
  public record Unarchived(
      long from, long offsets, Optional<Duration> oldest, double retentionUsed) {}

  public AuditReport {
    orphans = List.copyOf(orphans);
    partitions = Map.copyOf(partitions);
    differences = List.copyOf(differences);
    warnings = List.copyOf(warnings);
  }

  /** Whether all is as it should be. */
  public boolean isClean() {
    return differences.isEmpty();
  }

  /** The greatest share of the retention that any partition has used. */
  public double retentionUsed() {
    return partitions.values().stream().mapToDouble(Unarchived::retentionUsed).max().orElse(0);
  }

  /** The partitions in order. */
  public Map<Integer, Unarchived> byNumber() {
    return new TreeMap<>(partitions);
  }
}
