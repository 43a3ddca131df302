package dev.lambdastack.serving.read;

import dev.lambdastack.views.handoff.HandoffException;

/** What a read does when its answer would miss events. */
public enum Incomplete {
  /** Throws {@link HandoffException}. */
  REFUSE,
  /** Answers with what there is; {@link Provenance#incompleteBecause} says what is missing. */
  ALLOW
}
