package dev.lambdastack.views;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far a generation is: in each partition, every record before {@code offset} is in its cells,
 * durably.
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
   * applied. Never later than now. Empty while a partition has not been heard of.
   */
  public Optional<Instant> freshness(Set<Integer> partitions, Instant now) {
    if (!applied.keySet().containsAll(partitions) || partitions.isEmpty()) {
      return Optional.empty();
    }
    long millis =
        partitions.stream().mapToLong(p -> applied.get(p).logTimeMillis()).min().orElse(0);
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
