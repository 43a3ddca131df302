package dev.lambdastack.batch.publish;

import dev.lambdastack.views.PublishedRow;
import java.util.Optional;

/**
 * What answered before and what answers now.
 *
 * @param before empty when nothing did
 * @param after equals {@code before} when it was published already
 */
public record Flip(Optional<PublishedRow> before, PublishedRow after) {
  /** Whether this run has changed what answers. */
  public boolean isChanged() {
    return !before.equals(Optional.of(after));
  }
}
