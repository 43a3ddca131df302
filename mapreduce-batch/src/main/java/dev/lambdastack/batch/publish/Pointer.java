package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Moves a view's published row by compare-and-set. */
final class Pointer {
  /** A speed job or a clean-up may flip at the same time; more often than this they do not. */
  private static final int TRIES = 20;

  private final PublishedTable store;
  private final String view;

  /** What the next row is, once it has been found right. */
  record Next(PublishedRow row, Optional<GateReport> report) {}

  /** Decides the next row; throws when it is refused or held. */
  @FunctionalInterface
  interface Rule {
    Next decide(Catalog catalog, Version version) throws IOException, InterruptedException;
  }

  Pointer(PublishedTable store, String view) {
    this.store = store;
    this.view = view;
  }

  /**
   * The version of this number; or the newest, without those that answered before: what somebody
   * rolled back from never comes back by itself.
   *
   * @throws InvalidInputException when there is none
   */
  static Version version(Catalog catalog, OptionalLong number) {
    List<Version> versions =
        catalog.versions().stream().map(Catalog.CatalogVersion::version).toList();
    Optional<Version> found =
        number.isEmpty()
            ? catalog.versions().stream()
                .filter(v -> v.answersSince().isEmpty() || isPublished(catalog, v.version()))
                .map(Catalog.CatalogVersion::version)
                .max(Comparator.comparingLong(Version::number))
            : versions.stream().filter(v -> v.number() == number.getAsLong()).findFirst();

    if (number.isPresent() && catalog.past(number.getAsLong()).isPresent()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Version %d of view %s is of a moment in the past, and never answers; lambda query %s --version %d reads it",
              number.getAsLong(),
              catalog.view(),
              catalog.view(),
              number.getAsLong()));
    }

    return found.orElseThrow(
        () ->
            new InvalidInputException(
                versions.isEmpty()
                    ? "View %s has no complete version; run lambda recompute %s first"
                        .formatted(catalog.view(), catalog.view())
                    : String.format(
                        Locale.ROOT,
                        "View %s has no complete version %d; it has %s",
                        catalog.view(),
                        number.orElse(0),
                        versions.stream().map(Version::number).toList())));
  }

  private static boolean isPublished(Catalog catalog, Version version) {
    return catalog.published().equals(Optional.of(version));
  }

  /** Makes a version answer; nothing changes when it does already. */
  Flip flip(OptionalLong number, Rule rule) throws IOException, InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      Catalog catalog = store.catalog().of(view);
      Version version = version(catalog, number);
      Optional<PublishedRow> current = catalog.known().current();
      if (catalog.published().equals(Optional.of(version))) {
        return new Flip(current, current.orElseThrow(), Optional.empty());
      }

      Next next = rule.decide(catalog, version);
      if (store.pointer().compareAndSet(current, next.row())) {
        return new Flip(current, next.row(), next.report());
      }
    }

    throw new LostRaceException(
        String.format(
            Locale.ROOT,
            "The published row of view %s changed %d times while it was to be flipped",
            view,
            TRIES));
  }

  /**
   * Takes a version out of the catalog.
   *
   * @param check throws when it may not go
   */
  Version forget(long number, Consumer<Catalog.CatalogVersion> check) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      Catalog catalog = store.catalog().of(view);
      Optional<Version> past = catalog.past(number);
      Version version = past.isPresent() ? past.get() : version(catalog, OptionalLong.of(number));
      if (catalog.published().equals(Optional.of(version))) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot discard version %d of view %s: it answers; publish or roll back to another one first",
                number,
                view));
      }

      catalog.version(number).ifPresent(check);
      if (store.catalog().forget(view, catalog.known().current(), List.of(number), List.of())) {
        return version;
      }
    }

    throw new LostRaceException(
        String.format(
            Locale.ROOT,
            "The published row of view %s changed %d times while version %d was to be discarded",
            view,
            TRIES,
            number));
  }
}
