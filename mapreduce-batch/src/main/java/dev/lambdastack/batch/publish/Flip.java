package dev.lambdastack.batch.publish;

import dev.lambdastack.views.handoff.PublishedRow;
import java.util.Optional;

/**
 * What answered before and what answers now.
 *
 * @param before empty when nothing did
 * @param after equals {@code before} when it was published already
 * @param report what the gate found; empty where it was not asked
 */
public record Flip(Optional<PublishedRow> before, PublishedRow after, Optional<GateReport> report) {
  /** Whether this run has changed what answers. */
  public boolean isChanged() {
    return !before.equals(Optional.of(after));
  }
}
