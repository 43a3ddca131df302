package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Version;

/** Where a new version of a view begins. */
sealed interface Start {
  View view();

  /** Nowhere: this version holds all that is archived. */
  record UpToDate(View view, Version version) implements Start {}

  /** With a copy of an older version's table, to which the windows that changed are added. */
  record Increment(View view, Version base) implements Start {}

  /** With an empty table: all events are read. */
  record Full(View view, String why) implements Start {}
}
