package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.Durations;
import dev.lambdastack.views.ViewShape;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What answers for a view right now, and the rules by which that may change. A reader merges {@code
 * version} (records before its horizon) and the cells of {@code generation} from the horizon's
 * epoch on; the two never overlap and leave nothing out, or the reader refuses.
 *
 * <p>Pure: {@link #publish}, {@link #takeOver} and {@link #rollback} make the next row or throw
 * {@link HandoffException}; the store writes it by compare-and-set on the number of flips, so that
 * of two flips at once one sees the other.
 *
 * @param flips how many flips made this row; 1 for the first
 * @param version none while only the speed layer answers
 * @param generation none while only the batch layer answers
 */
public record PublishedRow(
    String view, long flips, Optional<Version> version, Optional<Generation> generation) {
  public PublishedRow {
    if (version.isEmpty() && generation.isEmpty()) {
      throw new IllegalArgumentException(
          "view " + view + " published with neither version nor generation");
    }
    if (version.isPresent() && generation.isPresent()) {
      if (!version.get().fingerprint().equals(generation.get().fingerprint())) {
        throw new IllegalArgumentException("view " + view + " published with two declarations");
      }
      if (!version.get().epochLength().equals(generation.get().epochLength())) {
        throw new IllegalArgumentException("view " + view + " published with two epoch lengths");
      }
    }
  }

  /** The declaration that both tables were filled by. */
  public ViewShape shape() {
    return version.map(Version::shape).orElseGet(() -> generation.orElseThrow().shape());
  }

  public String fingerprint() {
    return version
        .map(Version::fingerprint)
        .orElseGet(() -> generation.orElseThrow().fingerprint());
  }

  public Duration epochLength() {
    return version
        .map(Version::epochLength)
        .orElseGet(() -> generation.orElseThrow().epochLength());
  }

  /** The first epoch that the speed layer answers for. */
  public long horizonEpoch() {
    return version.map(v -> v.horizon().epoch()).orElse(0L);
  }

  private static Horizon horizon(Optional<Version> version) {
    return version.map(Version::horizon).orElse(new Horizon(0, Map.of()));
  }

  /**
   * Why an answer from this row would miss events, as one line; empty when it would not.
   *
   * @param now not before the last cell is read: a cell that expires between this check and the
   *     read is missed
   * @param clockSkew how far the clocks of this process and of HBase's servers may differ
   */
  public Optional<String> incompleteBecause(Instant now, Duration clockSkew) {
    if (generation.isEmpty()) {
      return Optional.of(
          "no speed generation of view %s answers yet, so nothing holds the events appended since %s: start the speed job, or wait until it has caught up"
              .formatted(view, version.orElseThrow().horizon().instant(epochLength())));
    }
    return gapBefore(generation.get(), horizon(version), view)
        .or(() -> expired(generation.get(), horizonEpoch(), now, clockSkew, view));
  }

  /**
   * The offsets lost to a version whose records are in the answers of now: it would take them away.
   *
   * @param now not before the version is published
   */
  public LostOffsets takenAwayBy(Version next, Instant now, Duration clockSkew) {
    Map<Integer, Long> horizon = horizon(version).offsets();
    LostOffsets batch = next.lost().before(horizon).without(lost(version));
    if (generation.isEmpty() || incompleteBecause(now, clockSkew).isPresent()) {
      return batch;
    }

    Map<Integer, Long> speed = new TreeMap<>(horizon);
    generation.get().startOffsets().forEach((p, start) -> speed.merge(p, start, Math::max));
    return batch.and(next.lost().from(speed));
  }

  private static LostOffsets lost(Optional<Version> version) {
    return version.map(Version::lost).orElse(LostOffsets.NONE);
  }

  /**
   * Whether records lie between the two layers. The coverage tells by epochs. The offsets tell by
   * the log itself: a generation that began to read behind the horizon's offset in some partition
   * misses records whatever it takes its coverage for (a log whose beginning is gone and whose
   * clocks stepped back can mislead it); one that began at or before it has given every record from
   * there on its true epoch, because the horizon's record is later than all before it. A partition
   * that was added later stands in neither, or in the newer of both: all that it has lies behind
   * the older one, and a generation reads it from its first record on. Until it has, its progress
   * says so.
   */
  private static Optional<String> gapBefore(Generation generation, Horizon horizon, String view) {
    return gapInEpochs(generation, horizon.epoch(), view)
        .or(() -> gapInOffsets(generation, horizon.offsets(), view));
  }

  private static Optional<String> gapInOffsets(
      Generation generation, Map<Integer, Long> horizon, String view) {
    for (Map.Entry<Integer, Long> start : generation.startOffsets().entrySet()) {
      long end = horizon.getOrDefault(start.getKey(), 0L);
      if (end < start.getValue()) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "view %s has no answer for offsets [%d, %d) of partition %d: batch ends before them, speed generation %d begins behind them; run archive, recompute and publish to move the horizon",
                view,
                end,
                start.getValue(),
                start.getKey(),
                generation.number()));
      }
    }

    return Optional.empty();
  }

  private static Optional<String> gapInEpochs(
      Generation generation, long horizonEpoch, String view) {
    if (generation.coverage() <= horizonEpoch) {
      return Optional.empty();
    }

    Duration length = generation.epochLength();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "view %s has no answer for events appended in [%s, %s): batch ends at epoch %d, speed generation %d begins at epoch %d; run archive, recompute and publish to move the horizon",
            view,
            new Epoch(horizonEpoch, length).start(),
            new Epoch(generation.coverage(), length).start(),
            horizonEpoch,
            generation.number(),
            generation.coverage()));
  }

  private static Optional<String> expired(
      Generation generation, long horizonEpoch, Instant now, Duration clockSkew, String view) {
    long oldest = Math.max(horizonEpoch, generation.firstEpoch());
    Instant gone =
        new Epoch(oldest, generation.epochLength())
            .end()
            .plus(generation.retention())
            .minus(clockSkew);

    return now.isBefore(gone)
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "view %s: speed cells of epoch %d may have expired at %s (retention %s); run archive, recompute and publish to move the horizon",
                view,
                oldest,
                gone,
                Durations.words(generation.retention())));
  }

  /**
   * The state of a view that a flip starts from.
   *
   * @param generations all whose tables exist, with their progress; read together with {@code
   *     current}
   */
  public record Known(Optional<PublishedRow> current, Map<Generation, Progress> generations) {
    public Known {
      generations = Map.copyOf(generations);
    }
  }

  /**
   * The row after publishing a version.
   *
   * @param force publish a horizon before the current one's
   * @throws HandoffException when answers would miss events or step back
   */
  public static PublishedRow publish(
      Known known, Version version, boolean force, Instant now, Duration clockSkew) {
    String view = version.shape().name();
    Optional<Version> before = known.current().flatMap(PublishedRow::version);
    if (before.isPresent()
        && !force
        && version
            .horizon()
            .instant(version.epochLength())
            .isBefore(before.get().horizon().instant(before.get().epochLength()))) {
      throw new HandoffException(
          String.format(
              Locale.ROOT,
              "Cannot publish version %d of view %s: its horizon (epoch %d) lies before that of version %d (epoch %d); recompute, or roll back to an older version on purpose",
              version.number(),
              view,
              version.horizon().epoch(),
              before.get().number(),
              before.get().horizon().epoch()));
    }

    return flip(known, version, now, clockSkew, "publish");
  }

  /**
   * The row after going back to a version that was published before; refuses where speed cells no
   * longer reach back.
   */
  public static PublishedRow rollback(
      Known known, Version version, Instant now, Duration clockSkew) {
    if (known.current().isEmpty()) {
      throw new HandoffException(
          "Cannot roll back view %s: nothing is published".formatted(version.shape().name()));
    }
    return flip(known, version, now, clockSkew, "roll back to");
  }

  private static PublishedRow flip(
      Known known, Version version, Instant now, Duration clockSkew, String verb) {
    String view = version.shape().name();
    long flips = known.current().map(PublishedRow::flips).orElse(0L) + 1;
    Optional<Generation> current = known.current().flatMap(PublishedRow::generation);

    Optional<String> problem = Optional.empty();
    if (current.isPresent() && fits(current.get(), version)) {
      problem = reach(current.get(), version, now, clockSkew, view);
      if (problem.isEmpty()) {
        return new PublishedRow(view, flips, Optional.of(version), current);
      }
    }

    Optional<Generation> other =
        known.generations().keySet().stream()
            .filter(g -> fits(g, version))
            .filter(g -> reach(g, version, now, clockSkew, view).isEmpty())
            .filter(g -> hasCaughtUp(known, g, version))
            .max((a, b) -> Long.compare(a.number(), b.number()));
    if (other.isPresent() || current.isEmpty()) {
      return new PublishedRow(view, flips, Optional.of(version), other);
    }

    throw new HandoffException(
        String.format(
            Locale.ROOT,
            "Cannot %s version %d of view %s: %s",
            verb,
            version.number(),
            view,
            problem.orElseGet(
                () ->
                    String.format(
                        Locale.ROOT,
                        "no speed generation of its declaration (%s) with epochs of %s has caught up from epoch %d on; start the speed job with the same view jar and lambda.epoch, wait for it to catch up, and try again",
                        version.fingerprint().substring(0, 12),
                        Durations.words(version.epochLength()),
                        version.horizon().epoch()))));
  }

  /**
   * A generation that holds, whole and for good, every event between the horizons of two versions
   * of one declaration: what the later version has more. Empty when none does.
   *
   * @param now not before the last cell is read
   */
  public static Optional<Generation> holding(
      Known known, Version from, Version to, Instant now, Duration clockSkew) {
    return known.generations().entrySet().stream()
        .filter(g -> fits(g.getKey(), from) && fits(g.getKey(), to))
        .filter(g -> reach(g.getKey(), from, now, clockSkew, from.shape().name()).isEmpty())
        .filter(g -> g.getValue().reaches(to.horizon().offsets()))
        .map(Map.Entry::getKey)
        .max((a, b) -> Long.compare(a.number(), b.number()));
  }

  /**
   * Whether a generation could answer from a version's horizon on: it is of the same declaration
   * and leaves no gap. How far it is and what has expired is not asked.
   */
  public static boolean couldServe(Generation generation, Version version) {
    return fits(generation, version)
        && gapBefore(generation, version.horizon(), version.shape().name()).isEmpty();
  }

  private static boolean fits(Generation generation, Version version) {
    return generation.fingerprint().equals(version.fingerprint())
        && generation.epochLength().equals(version.epochLength());
  }

  private static Optional<String> reach(
      Generation generation, Version version, Instant now, Duration clockSkew, String view) {
    return gapBefore(generation, version.horizon(), view)
        .or(() -> expired(generation, version.horizon().epoch(), now, clockSkew, view));
  }

  /**
   * Whether answers would be about as fresh as now: at the version's horizon, and at most an epoch
   * behind what answers now.
   */
  private static boolean hasCaughtUp(Known known, Generation candidate, Version version) {
    Progress progress = known.generations().getOrDefault(candidate, Progress.NONE);
    return progress.reaches(version.horizon().offsets()) && isAsFreshAsCurrent(known, candidate);
  }

  private static boolean isAsFreshAsCurrent(Known known, Generation candidate) {
    Progress progress = known.generations().getOrDefault(candidate, Progress.NONE);
    Optional<Generation> current = known.current().flatMap(PublishedRow::generation);
    if (current.isEmpty()) {
      return true;
    }

    Instant far = Instant.MAX;
    Optional<Instant> now =
        known
            .generations()
            .getOrDefault(current.get(), Progress.NONE)
            .freshness(current.get().startOffsets().keySet(), far);
    Optional<Instant> then = progress.freshness(candidate.startOffsets().keySet(), far);

    return then.isPresent()
        && (now.isEmpty() || !then.get().isBefore(now.get().minus(candidate.epochLength())));
  }

  /**
   * The row after a generation of the declaration that answers now takes over from the one before
   * it; empty while it may not yet: it has not caught up, the horizon lies before its coverage, or
   * the view is published with another declaration (then the publish of a version brings it).
   */
  public static Optional<PublishedRow> takeOver(Known known, Generation generation) {
    if (known.current().isEmpty()) {
      return Optional.of(
          new PublishedRow(
              generation.shape().name(), 1, Optional.empty(), Optional.of(generation)));
    }

    PublishedRow row = known.current().get();
    boolean newer = row.generation().map(g -> g.number() < generation.number()).orElse(true);
    boolean sameDeclaration =
        row.fingerprint().equals(generation.fingerprint())
            && row.epochLength().equals(generation.epochLength());
    if (!newer || !sameDeclaration) {
      return Optional.empty();
    }

    Progress progress = known.generations().getOrDefault(generation, Progress.NONE);
    boolean caughtUp =
        progress.freshness(generation.startOffsets().keySet(), Instant.MAX).isPresent()
            && row.version().map(v -> progress.reaches(v.horizon().offsets())).orElse(true)
            && row.generation()
                .map(g -> known.generations().getOrDefault(g, Progress.NONE))
                .map(before -> progress.reaches(offsets(before)))
                .orElse(true);

    return gapBefore(generation, horizon(row.version()), row.view()).isEmpty() && caughtUp
        ? Optional.of(
            new PublishedRow(row.view(), row.flips() + 1, row.version(), Optional.of(generation)))
        : Optional.empty();
  }

  private static Map<Integer, Long> offsets(Progress progress) {
    return progress.applied().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
  }

  public String toJson() {
    ObjectNode json = Json.object();
    json.put("view", view);
    json.put("flips", flips);
    version.ifPresent(v -> json.set("version", v.json()));
    generation.ifPresent(g -> json.set("generation", g.json()));
    return json.toString();
  }

  public static PublishedRow fromJson(String text) {
    JsonNode json = Json.parse(text);
    return new PublishedRow(
        json.get("view").asText(),
        json.get("flips").asLong(),
        Optional.ofNullable(json.get("version")).map(Version::of),
        Optional.ofNullable(json.get("generation")).map(Generation::of));
  }
}
