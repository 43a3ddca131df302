package dev.lambdastack.batch.archive;

/** The steps of a run, in order: between any two of them it may be killed. */
enum Step {
  /** The epochs are chosen. */
  PLANNED,
  /** All tasks are committed; their files lie in the staging folder. */
  READ,
  /** The files lie in the master folders; no manifest lists them. */
  MOVED,
  /** The manifest is there. */
  COMMITTED
}
