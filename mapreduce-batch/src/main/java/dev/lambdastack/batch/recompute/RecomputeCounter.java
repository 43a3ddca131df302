package dev.lambdastack.batch.recompute;

/** What a job counts. */
enum RecomputeCounter {
  /** Rows of the master dataset that were read, whether the view counts them or not. */
  ROWS,
  /** How often a mapper's memory was full. */
  SPILLS
}
