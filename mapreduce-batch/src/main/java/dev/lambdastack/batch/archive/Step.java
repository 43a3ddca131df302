package dev.lambdastack.batch.archive;

/** The steps of a run, in order: between any two of them it may be killed. */
enum Step {
  /** The epochs are chosen. */
  PLANNED,
  /** All tasks are committed; no table names their files. */
  READ,
  /** The table has the files; the dead letters are not in theirs yet. */
  COMMITTED
}
