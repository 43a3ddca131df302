package dev.lambdastack.serving.query;

import dev.lambdastack.console.Texts;
import dev.lambdastack.serving.read.Provenance;
import java.util.Locale;
import java.util.Optional;

/** What stands beside an answer that lacks something. */
final class Warnings {
  private Warnings() {}

  /** What no answer can hold any more, where there is such. */
  static Optional<String> lost(Provenance from) {
    return from.version()
        .filter(v -> !v.lost().isEmpty())
        .map(
            v ->
                "KNOWN LOST: %s, removed by retention before they were archived"
                    .formatted(Texts.count(v.lost().count(), "offset")));
  }

  /** What this view alone cannot hold, as far as batch has seen it. */
  static Optional<String> setAside(Provenance from) {
    return from.version()
        .filter(v -> v.setAside() > 0)
        .map(
            v ->
                String.format(
                    Locale.ROOT,
                    "SET ASIDE: %s that this view cannot take, as batch version %d has found",
                    Texts.count(v.setAside(), "event"),
                    v.number()));
  }
}
