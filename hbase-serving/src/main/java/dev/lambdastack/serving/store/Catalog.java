package dev.lambdastack.serving.store;

import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that is noted of a view.
 *
 * @param known what answers now, and every generation with its progress
 * @param versions all that are complete, by number
 * @param past versions of moments in the past, by number: read by their numbers alone, and never
 *     published
 * @param generationsLeft when generations stopped answering, by number
 * @param tables every table that any of the view's entries names, whatever they are of
 */
public record Catalog(
    String view,
    PublishedRow.Known known,
    List<CatalogVersion> versions,
    List<Version> past,
    Map<Long, Instant> generationsLeft,
    Set<String> tables) {

  /**
   * A complete version.
   *
   * @param answersSince the last flip that made it answer; empty if none ever did
   * @param left the last flip from it to another
   * @param verdict what the gate found of it, as JSON
   */
  public record CatalogVersion(
      Version version,
      Optional<Instant> answersSince,
      Optional<Instant> left,
      Optional<String> verdict) {}

  /**
   * Whether somebody rolled back from this version: it answered, and an earlier one answers now.
   */
  public boolean isRolledBackFrom(CatalogVersion version) {
    return version.answersSince().isPresent()
        && published().isPresent()
        && published().get().number() < version.version().number();
  }

  public Catalog {
    versions = List.copyOf(versions);
    past = List.copyOf(past);
    generationsLeft = Map.copyOf(generationsLeft);
    tables = Set.copyOf(tables);
  }

  /** The version that answers. */
  public Optional<Version> published() {
    return known.current().flatMap(PublishedRow::version);
  }

  /** A version of the past. */
  public Optional<Version> past(long number) {
    return past.stream().filter(v -> v.number() == number).findFirst();
  }

  public Optional<CatalogVersion> version(long number) {
    return versions.stream().filter(v -> v.version().number() == number).findFirst();
  }
}
