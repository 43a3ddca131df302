package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.Catalog.CatalogVersion;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What a clean-up takes out of a view's catalog. Pure.
 *
 * @param versions to be dropped
 * @param generations to be dropped
 */
record CleanupPlan(List<Version> versions, List<Generation> generations) {
  CleanupPlan {
    versions = List.copyOf(versions);
    generations = List.copyOf(generations);
  }

  boolean isEmpty() {
    return versions.isEmpty() && generations.isEmpty();
  }

  /**
   * The times that decide.
   *
   * @param keep versions that stay, the one that answers among them
   * @param readersWait how long after a flip somebody may still read what answered before
   * @param keepPast how old versions of moments in the past become
   * @param grace how long work that nobody lists or feeds may still be somebody's
   */
  record Terms(int keep, Duration readersWait, Duration keepPast, Duration grace, Instant now) {
    private boolean isUnread(Optional<Instant> left) {
      return left.isPresent() && left.get().plus(readersWait).isBefore(now);
    }

    private boolean isOld(Instant time) {
      return time.plus(grace).isBefore(now);
    }
  }

  /**
   * Decides. The version that answers stays, and of those that answered before the newest {@code
   * keep - 1}. Candidates that are newer than it wait for a decision: the newest {@code keep} stay.
   * Older candidates were passed over; they go after the grace. Where nothing is published, all of
   * these stay. Versions of the past go by their age alone.
   */
  static CleanupPlan of(Catalog catalog, Terms terms) {
    Optional<Version> published = catalog.published();
    List<Version> past =
        catalog.past().stream()
            .filter(v -> v.created().plus(terms.keepPast()).isBefore(terms.now()))
            .toList();
    if (published.isEmpty()) {
      return new CleanupPlan(past, List.of());
    }

    long number = published.get().number();
    List<Version> versions =
        Stream.of(
                surplus(catalog, v -> isKept(v, number), terms.keep() - 1)
                    .filter(v -> terms.isUnread(v.left())),
                surplus(catalog, v -> isWaiting(v, number), terms.keep())
                    .filter(v -> terms.isOld(v.version().created())),
                surplus(catalog, v -> isPassedOver(v, number), 0)
                    .filter(v -> terms.isOld(v.version().created())))
            .flatMap(s -> s)
            .map(CatalogVersion::version)
            .toList();

    List<Version> all =
        Stream.concat(versions.stream(), past.stream())
            .sorted(Comparator.comparingLong(Version::number))
            .toList();
    return new CleanupPlan(all, generations(catalog, versions, terms));
  }

  private static boolean isKept(CatalogVersion version, long published) {
    return version.answersSince().isPresent() && version.version().number() != published;
  }

  private static boolean isWaiting(CatalogVersion version, long published) {
    return version.answersSince().isEmpty() && version.version().number() > published;
  }

  private static boolean isPassedOver(CatalogVersion version, long published) {
    return version.answersSince().isEmpty() && version.version().number() < published;
  }

  /** Those beyond the newest so many. */
  private static Stream<CatalogVersion> surplus(
      Catalog catalog, Predicate<CatalogVersion> which, int newest) {
    return catalog.versions().stream()
        .filter(which)
        .sorted(Comparator.comparingLong((CatalogVersion v) -> v.version().number()).reversed())
        .skip(newest);
  }

  /**
   * Generations before the one that answers which no version that stays could go back to, and which
   * no job feeds. Where no generation answers, all stay.
   */
  private static List<Generation> generations(Catalog catalog, List<Version> dropped, Terms terms) {
    Optional<Generation> answering = catalog.known().current().flatMap(PublishedRow::generation);
    if (answering.isEmpty()) {
      return List.of();
    }

    Set<Long> needed = new HashSet<>();
    catalog.versions().stream()
        .map(CatalogVersion::version)
        .filter(v -> !dropped.contains(v))
        .forEach(
            v ->
                catalog.known().generations().keySet().stream()
                    .filter(g -> PublishedRow.couldServe(g, v))
                    .forEach(g -> needed.add(g.number())));

    return catalog.known().generations().entrySet().stream()
        .filter(g -> g.getKey().number() < answering.get().number())
        .filter(g -> !needed.contains(g.getKey().number()))
        .filter(g -> isAbandoned(g.getKey(), g.getValue(), terms))
        .filter(
            g ->
                !catalog.generationsLeft().containsKey(g.getKey().number())
                    || terms.isUnread(
                        Optional.of(catalog.generationsLeft().get(g.getKey().number()))))
        .map(Map.Entry::getKey)
        .sorted(Comparator.comparingLong(Generation::number))
        .toList();
  }

  /** Whether nothing was applied for the length of the grace: a fed one moves with the log time. */
  private static boolean isAbandoned(Generation generation, Progress progress, Terms terms) {
    long last =
        progress.applied().values().stream()
            .mapToLong(Progress.Applied::logTimeMillis)
            .max()
            .orElse(0);
    Instant moved = Instant.ofEpochMilli(last);
    return terms.isOld(moved.isAfter(generation.opened()) ? moved : generation.opened());
  }
}
