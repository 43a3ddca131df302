package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.PublishedRow;
import dev.lambdastack.views.Version;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Moves a view's published row by compare-and-set. */
final class Pointer {
  /** A speed job may flip at the same time; more often than this it does not. */
  private static final int TRIES = 20;

  private final PublishedStore store;
  private final String view;

  Pointer(PublishedStore store, String view) {
    this.store = store;
    this.view = view;
  }

  /**
   * The version of this number, or the newest.
   *
   * @throws InvalidInputException when there is none
   */
  Version version(OptionalLong number) throws IOException {
    List<Version> versions = store.versions(view);
    Optional<Version> found =
        number.isEmpty()
            ? versions.stream().max(Comparator.comparingLong(Version::number))
            : versions.stream().filter(v -> v.number() == number.getAsLong()).findFirst();
    return found.orElseThrow(
        () ->
            new InvalidInputException(
                versions.isEmpty()
                    ? "View %s has no complete version; run lambda recompute %s first"
                        .formatted(view, view)
                    : "View %s has no complete version %d; it has %s"
                        .formatted(
                            view,
                            number.orElse(0),
                            versions.stream().map(Version::number).toList())));
  }

  /**
   * Makes this version answer; nothing changes when it does already.
   *
   * @param rule what the next row is; throws when it is refused
   */
  Flip flip(Version version, Function<PublishedRow.Known, PublishedRow> rule) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      PublishedRow.Known known = store.known(view);
      Optional<PublishedRow> current = known.current();
      if (current.flatMap(PublishedRow::version).equals(Optional.of(version))) {
        return new Flip(current, current.get());
      }
      PublishedRow next = rule.apply(known);
      if (store.compareAndSet(current, next)) {
        return new Flip(current, next);
      }
    }
    throw new IOException(
        "The published row of view %s changed %d times while version %d was to be published"
            .formatted(view, TRIES, version.number()));
  }
}
