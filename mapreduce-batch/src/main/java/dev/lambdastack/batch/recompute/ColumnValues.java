package dev.lambdastack.batch.recompute;

/**
 * The values of one column, row after row. Which of the readings has a defined result follows from
 * the column's type, as in {@link dev.lambdastack.views.Row}. Not thread-safe.
 */
interface ColumnValues {
  /** Goes to the next row; before the first one, call it once. */
  void next();

  boolean isNull();

  long number();

  double real();

  /** UTF-8; the caller must not change it. */
  byte[] text();
}
