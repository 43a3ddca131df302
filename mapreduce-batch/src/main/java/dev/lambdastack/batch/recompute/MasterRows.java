package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.aggregate.ColumnBatch;
import java.io.IOException;

/** The rows of one row group as views see them. Not thread-safe. */
final class MasterRows implements RowGroup {
  private final long count;
  private final ColumnSource[] columns;
  private final ColumnSource eventTime;
  private final ColumnSource partition;
  private final ColumnSource offset;
  private final OlderRows older;
  private final boolean[] nulls = new boolean[ColumnBatch.CAPACITY];
  private final long[] longs;
  private long done;

  /**
   * Rows.
   *
   * @param count how many
   * @param columns in the projection's order; two that are one in the file are the same source
   * @param eventTime may be one of the columns
   * @param partition null where nobody needs coordinates; so with {@code offset}
   * @param older null where the file follows the pinned schema
   */
  MasterRows(
      long count,
      ColumnSource[] columns,
      ColumnSource eventTime,
      ColumnSource partition,
      ColumnSource offset,
      OlderRows older) {
    this.count = count;
    this.columns = columns;
    this.eventTime = eventTime;
    this.partition = partition;
    this.offset = offset;
    this.older = older;
    this.longs = partition == null ? null : new long[ColumnBatch.CAPACITY];
  }

  @Override
  public boolean next(ColumnBatch batch) throws IOException {
    if (done == count) {
      return false;
    }

    int rows = (int) Math.min(ColumnBatch.CAPACITY, count - done);
    batch.resize(rows);
    for (int i = 0; i < columns.length; i++) {
      int first = indexOf(columns[i]);
      if (first < i) {
        batch.column(i).copy(batch.column(first), rows);
      } else {
        columns[i].read(batch.column(i), rows);
      }
    }

    readEventTimes(batch, rows);
    if (partition != null) {
      partition.longs(longs, nulls, rows);
      int[] partitions = batch.partitions();
      for (int row = 0; row < rows; row++) {
        partitions[row] = (int) longs[row];
      }
      offset.longs(batch.offsets(), nulls, rows);
    }
    if (older != null) {
      older.mend(batch, rows);
    }

    done += rows;
    return true;
  }

  @Override
  public RejectedRows rejected() {
    return older == null ? RejectedRows.NONE : older.rejected();
  }

  private void readEventTimes(ColumnBatch batch, int rows) {
    int column = indexOf(eventTime);
    if (column < 0) {
      eventTime.longs(batch.eventTimes(), nulls, rows);
    } else {
      System.arraycopy(batch.column(column).longs(), 0, batch.eventTimes(), 0, rows);
    }
  }

  /** The first column that this source is of, -1 for none. */
  private int indexOf(ColumnSource source) {
    return indexOf(columns, source);
  }

  static int indexOf(ColumnSource[] columns, ColumnSource source) {
    for (int i = 0; i < columns.length; i++) {
      if (columns[i] == source) {
        return i;
      }
    }
    return -1;
  }
}
