package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.aggregate.ColumnVector;

/**
 * The values of one column, some rows at a time. Which of the readers has a defined result follows
 * from the column's type, as in {@link Row}. Not thread-safe.
 */
interface ColumnSource {
  /**
   * Reads the next rows into the first places of the arrays.
   *
   * @param nulls which rows have no value; that of such a row is left as it is
   */
  void longs(long[] into, boolean[] nulls, int rows);

  void doubles(double[] into, boolean[] nulls, int rows);

  /** Reads texts, and says which dictionary their ids are of. */
  void texts(ColumnVector into, int rows);

  default void read(ColumnVector into, int rows) {
    if (into.column().type() == ColumnType.STRING) {
      texts(into, rows);
    } else if (into.column().type() == ColumnType.DOUBLE) {
      doubles(into.doubles(), into.nulls(), rows);
    } else {
      longs(into.longs(), into.nulls(), rows);
    }
  }
}
