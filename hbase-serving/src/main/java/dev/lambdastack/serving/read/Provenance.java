package dev.lambdastack.serving.read;

import dev.lambdastack.serving.store.PublishedPointer.Snapshot;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Where an answer comes from, and up to when it is whole. Immutable.
 *
 * <p>{@code freshness} is the time up to which nothing is missing: every event whose log time lies
 * before it has been counted. It is the later of two times, each of which would do alone:
 *
 * <ul>
 *   <li>the horizon's instant: every record with an earlier log time is in the batch version;
 *   <li>the speed generation's progress, read in the same Get as the published row and <em>before
 *       the data</em>, where the generation covers everything from the horizon on: records before
 *       the horizon are in batch, the others up to that progress are in its cells.
 * </ul>
 *
 * While no progress is known the horizon's instant stands alone, and without a version
 * 1970-01-01T00:00Z, which claims nothing. An incomplete answer claims the horizon's instant at
 * most. It is never later than {@code readAt}.
 *
 * @param version the batch version; none while only the speed layer answers
 * @param generation the speed generation; none while only the batch layer answers
 * @param horizonEpoch the first epoch that the speed layer answers for; 0 without a version
 * @param horizon the log time at which that epoch begins
 * @param incompleteBecause why the answer misses events, as one line; empty when it does not
 * @param readAt when the read began, by this client's clock
 */
public record Provenance(
    String view,
    Optional<Version> version,
    Optional<Generation> generation,
    long horizonEpoch,
    Instant horizon,
    Instant freshness,
    Optional<String> incompleteBecause,
    Instant readAt) {

  /** Whether no event with a log time before {@link #freshness} is missing. */
  public boolean complete() {
    return incompleteBecause.isEmpty();
  }

  /** How old the answer is: from {@link #freshness} to {@link #readAt}, never negative. */
  public Duration age() {
    return Duration.between(freshness, readAt);
  }

  static Provenance of(Snapshot snapshot, Instant readAt, Optional<String> incompleteBecause) {
    PublishedRow row = snapshot.row();
    Instant horizon = new Epoch(row.horizonEpoch(), row.epochLength()).start();
    Instant sure = horizon.isAfter(readAt) ? readAt : horizon;
    Instant freshness =
        incompleteBecause.isPresent()
            ? sure
            : snapshot
                .progress()
                .freshness(partitions(snapshot), readAt)
                .filter(speed -> speed.isAfter(sure))
                .orElse(sure);

    return new Provenance(
        row.view(),
        row.version(),
        row.generation(),
        row.horizonEpoch(),
        horizon,
        freshness,
        incompleteBecause,
        readAt);
  }

  /** Of an answer by one batch version alone: whole up to its horizon. */
  static Provenance ofVersion(String view, Version version, Instant readAt) {
    Instant horizon = version.horizon().instant(version.epochLength());
    return new Provenance(
        view,
        Optional.of(version),
        Optional.empty(),
        version.horizon().epoch(),
        horizon,
        horizon.isAfter(readAt) ? readAt : horizon,
        Optional.empty(),
        readAt);
  }

  /** Every partition that either layer reads: one that is silent keeps freshness unknown. */
  private static Set<Integer> partitions(Snapshot snapshot) {
    Set<Integer> partitions = new HashSet<>();
    snapshot.row().generation().ifPresent(g -> partitions.addAll(g.startOffsets().keySet()));
    snapshot
        .row()
        .version()
        .map(Version::horizon)
        .map(Horizon::offsets)
        .ifPresent(offsets -> partitions.addAll(offsets.keySet()));
    return partitions;
  }
}
