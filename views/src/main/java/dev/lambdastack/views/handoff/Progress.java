package dev.lambdastack.views.handoff;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far a generation is: in each partition, every record before {@code offset} is in its cells,
 * durably, and no other total hides the one that holds it.
 *
 * <p>The second half matters after a restore. The attempt that was lost may have written totals of
 * records beyond the checkpoint, in another order of partitions than the restored attempt reads
 * them; where its total has the greater count it hides ours, which may hold a record that it lacks.
 * Each of our totals holds all of any total of the lost attempt only once we have read all that it
 * can have read. So a restored job publishes no progress until what it has applied {@link #reaches}
 * the offsets at which the log ended when the job was restored; and a checkpoint that lies behind
 * progress already published is not continued: its job opens a new generation.
 *
 * @param applied by partition; a partition that is missing has not been heard of
 */
public record Progress(Map<Integer, Applied> applied) {
  /** No partition heard of. */
  public static final Progress NONE = new Progress(Map.of());

  /**
   * @param offset exclusive
   * @param logTimeMillis a log time that no record at or after {@code offset} lies before
   */
  public record Applied(long offset, long logTimeMillis) {}

  public Progress {
    applied = Collections.unmodifiableMap(new TreeMap<>(applied));
  }

  /**
   * The time up to which the cells are whole: every record whose log time lies before it has been
   * applied. Never later than now. Empty while one of these partitions has not been heard of; other
   * partitions that have been heard of hold it back too.
   */
  public Optional<Instant> freshness(Set<Integer> partitions, Instant now) {
    if (!applied.keySet().containsAll(partitions) || partitions.isEmpty()) {
      return Optional.empty();
    }
    long millis = applied.values().stream().mapToLong(Applied::logTimeMillis).min().orElse(0);
    Instant fresh = Instant.ofEpochMilli(millis);
    return Optional.of(fresh.isAfter(now) ? now : fresh);
  }

  /** Whether every record before these offsets has been applied. */
  public boolean reaches(Map<Integer, Long> offsets) {
    return offsets.entrySet().stream()
        .allMatch(
            e ->
                applied.containsKey(e.getKey())
                    && applied.get(e.getKey()).offset() >= e.getValue());
  }
}
