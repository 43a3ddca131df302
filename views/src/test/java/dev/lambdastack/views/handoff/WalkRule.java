package dev.lambdastack.views.handoff;

/** A rule of the hand-off that a walk may break on purpose, to show that the walk would notice. */
enum WalkRule {
  /** Epochs are sealed when the log holds their end, not when a clock says so. */
  SEAL_BY_THE_LOG,
  /** A horizon before a generation's coverage is refused. */
  COVERAGE,
  /** A horizon before a generation's start offsets is refused, whatever its coverage says. */
  START_OFFSETS,
  /** Answers that may need expired cells are refused. */
  RETENTION,
  /** A total's timestamp counts its events, so that the most complete total is seen. */
  COUNT_IN_TIMESTAMP,
  /** Each life of a declaration has a table of its own. */
  TABLE_PER_GENERATION,
  /** A partition that is silent holds the epochs open. */
  NO_IDLENESS,
  /** Progress is published when the cells are durable. */
  DURABLE_BEFORE_PROGRESS,
  /**
   * A restored job publishes progress once it has read all that the attempt before can have read.
   */
  HOLD_AFTER_RESTORE,
  /**
   * A restored job does not publish its checkpoint either: it may be one of a job that held back.
   */
  SILENCE_AT_RESTORE,
  /** A checkpoint behind the published progress is not continued. */
  NO_STEP_BACK,
  /** A boundary is a record that consumers see, never an aborted one. */
  BOUNDARY_IS_DELIVERED
}
