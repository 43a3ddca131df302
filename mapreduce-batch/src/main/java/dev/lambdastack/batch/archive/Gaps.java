package dev.lambdastack.batch.archive;

/** What becomes of records that retention removed before they were archived. */
enum Gaps {
  /** Nothing is archived until somebody decides. */
  REFUSED,
  /** They are lost; the run notes which. */
  ACCEPTED
}
