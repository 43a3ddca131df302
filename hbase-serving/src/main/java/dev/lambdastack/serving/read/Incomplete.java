package dev.lambdastack.serving.read;

/** What a read does when its answer would miss events. */
public enum Incomplete {
  /** Throws {@link dev.lambdastack.views.handoff.HandoffException}. */
  REFUSE,
  /** Answers with what there is; {@link Provenance#incompleteBecause} says what is missing. */
  ALLOW
}
