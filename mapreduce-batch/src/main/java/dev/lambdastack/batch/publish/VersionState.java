package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import java.util.Locale;

/** What a complete version is to its view. */
public enum VersionState {
  /** It answers. */
  PUBLISHED,
  /** It answered before, and may be rolled back to. */
  KEPT,
  /** The gate holds it. */
  HELD,
  /** It has never answered. */
  CANDIDATE,
  /** It is of a moment in the past: read by its number, never published. */
  PAST;

  /** The state of a version of this catalog. */
  public static VersionState of(Catalog catalog, Catalog.CatalogVersion version) {
    if (catalog.published().filter(v -> v.number() == version.version().number()).isPresent()) {
      return PUBLISHED;
    }
    if (version.answersSince().isPresent()) {
      return KEPT;
    }
    return version.verdict().map(GateReport::fromJson).filter(GateReport::isHeld).isPresent()
        ? HELD
        : CANDIDATE;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
