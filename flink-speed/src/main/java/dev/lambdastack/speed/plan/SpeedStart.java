package dev.lambdastack.speed.plan;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Where a new generation of a view begins to read. Pure.
 *
 * <p>With versions: at the horizon of the oldest one whose records behind it Kafka still has, so
 * that rolling back to any kept version stays possible. Without: at the beginning of the log.
 *
 * @param offsets inclusive; all partitions
 * @param logTimeMillis a log time that no record from there on lies before
 * @param coverage the first epoch of which no record is missing
 * @param firstEpoch no record from there on belongs to an earlier epoch
 */
public record SpeedStart(
    Map<Integer, Long> offsets, long logTimeMillis, long coverage, long firstEpoch) {

  /**
   * What Kafka has of a topic.
   *
   * @param beginOffsets of the oldest record that is still there, by partition
   * @param oldestAppendMillis append time of the oldest record over all partitions; empty when
   *     there is none
   */
  public record Log(
      String topic,
      SortedSet<Integer> partitions,
      Map<Integer, Long> beginOffsets,
      OptionalLong oldestAppendMillis) {}

  /**
   * Decides for one view.
   *
   * @param versions all that are kept
   * @param epochLength as configured
   * @param now what the brokers' clocks show at the earliest
   * @throws InvalidInputException when the epoch length is another than the one in use, or Kafka no
   *     longer has what follows any version
   */
  public static SpeedStart decide(
      String view,
      List<Version> versions,
      Optional<PublishedRow> current,
      Log log,
      Duration epochLength,
      Instant now) {
    versions.forEach(v -> check(view, "version " + v.number(), v.epochLength(), epochLength));
    current.ifPresent(row -> check(view, "what is published", row.epochLength(), epochLength));

    if (versions.isEmpty()) {
      return fromTheBeginning(log, epochLength, now);
    }

    return versions.stream()
        .filter(v -> reaches(log, v))
        .min(Comparator.comparingLong(v -> v.horizon().epoch()))
        .map(
            v ->
                new SpeedStart(
                    offsets(log, v),
                    v.horizon().instant(epochLength).toEpochMilli(),
                    v.horizon().epoch(),
                    v.horizon().epoch()))
        .orElseThrow(() -> nothingReaches(view, versions, log));
  }

  private static void check(String view, String what, Duration found, Duration configured) {
    if (!found.equals(configured)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot start the speed job of view %s with lambda.epoch=%dms: %s has epochs of %dms; set lambda.epoch=%dms",
              view,
              configured.toMillis(),
              what,
              found.toMillis(),
              found.toMillis()));
    }
  }

  private static boolean reaches(Log log, Version version) {
    Map<Integer, Long> horizon = version.horizon().offsets();
    return log.partitions().containsAll(horizon.keySet())
        && log.partitions().stream()
            .allMatch(p -> log.beginOffsets().get(p) <= horizon.getOrDefault(p, 0L));
  }

  /** A partition that was added since has all its records behind the horizon. */
  private static Map<Integer, Long> offsets(Log log, Version version) {
    Map<Integer, Long> offsets = new TreeMap<>();
    log.partitions().forEach(p -> offsets.put(p, version.horizon().offsets().getOrDefault(p, 0L)));
    return offsets;
  }

  private static InvalidInputException nothingReaches(
      String view, List<Version> versions, Log log) {
    Version newest =
        versions.stream().max(Comparator.comparingLong(v -> v.horizon().epoch())).orElseThrow();

    return new InvalidInputException(
        String.format(
            Locale.ROOT,
            "Cannot start the speed job of view %s: Kafka no longer has the records that follow any of its %d versions (the newest, %d, ends at %s; topic %s begins at %s); run archive, recompute and publish first",
            view,
            versions.size(),
            newest.number(),
            newest.horizon().offsets(),
            log.topic(),
            new TreeMap<>(log.beginOffsets())));
  }

  private static SpeedStart fromTheBeginning(Log log, Duration epochLength, Instant now) {
    long oldest = Epoch.numberAt(log.oldestAppendMillis().orElse(now.toEpochMilli()), epochLength);
    boolean isWhole = log.beginOffsets().values().stream().allMatch(offset -> offset == 0);
    // Records before the oldest are gone: of its epoch some may be missing, of the next none.
    return isWhole
        ? new SpeedStart(log.beginOffsets(), 0, 0, oldest)
        : new SpeedStart(log.beginOffsets(), 0, oldest + 1, oldest + 1);
  }

  /**
   * Where one source begins that serves all of these: in each partition at the earliest. A later
   * start passes over epochs before its coverage.
   */
  public static SpeedStart earliest(Collection<SpeedStart> starts) {
    TreeMap<Integer, Long> offsets = new TreeMap<>();
    starts.forEach(s -> s.offsets().forEach((p, offset) -> offsets.merge(p, offset, Math::min)));
    return new SpeedStart(
        offsets,
        starts.stream().mapToLong(SpeedStart::logTimeMillis).min().orElseThrow(),
        starts.stream().mapToLong(SpeedStart::coverage).min().orElseThrow(),
        starts.stream().mapToLong(SpeedStart::firstEpoch).min().orElseThrow());
  }
}
