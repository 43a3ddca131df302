package dev.lambdastack.batch.recompute;

/** What a job counts. */
enum RecomputeCounter {
  /** Rows of the master dataset before the horizon in the files, whether a view counts them. */
  ROWS,
  /** Those of {@link #ROWS} that are no events by the pinned schema. */
  REJECTED,
  /** How often a mapper's memory was full. */
  SPILLS;

  /** The group of counters by view: cells written. */
  static final String CELLS = "cells";

  /** The group of counters by view: those of {@link #CELLS} that the version before had not. */
  static final String NEW_CELLS = "new cells";

  /** The group of counters by view: rows that the view cannot take. */
  static final String SET_ASIDE = "set aside";

  /** The group of counters by view: rows that the view counts, where it has rules about events. */
  static final String COUNTED = "counted";

  /** The group of counters of a view's rules: the rows that meet the condition of each share. */
  static String meeting(String view) {
    return "rules of " + view;
  }

  /** The counter in {@link #meeting} of a share. */
  static String ofShare(int index) {
    return "share " + index;
  }
}
