package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Row;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Some events, column by column: how the batch layer reads them. It is filled again and again. Not
 * thread-safe.
 */
public final class ColumnBatch {
  /** The most rows of a batch: few enough for the caches of a core. */
  public static final int CAPACITY = 4096;

  private final ColumnVector[] columns;
  private final long[] eventTimes = new long[CAPACITY];
  private final int[] partitions = new int[CAPACITY];
  private final long[] offsets = new long[CAPACITY];
  private int size;

  public ColumnBatch(List<Column> columns) {
    this.columns =
        columns.stream().map(c -> new ColumnVector(c, CAPACITY)).toArray(ColumnVector[]::new);
  }

  /** A batch of these columns of an event type, in this order. */
  public static ColumnBatch of(EventType type, List<String> columns) {
    return new ColumnBatch(columns.stream().map(type::column).toList());
  }

  public int size() {
    return size;
  }

  public void resize(int rows) {
    size = rows;
  }

  /** Keeps these rows alone. */
  public void retain(IntPredicate rows) {
    int kept = 0;
    for (int row = 0; row < size; row++) {
      if (rows.test(row)) {
        if (kept < row) {
          move(row, kept);
        }
        kept++;
      }
    }
    size = kept;
  }

  private void move(int from, int to) {
    for (ColumnVector column : columns) {
      column.move(from, to);
    }
    eventTimes[to] = eventTimes[from];
    partitions[to] = partitions[from];
    offsets[to] = offsets[from];
  }

  public ColumnVector column(int index) {
    return columns[index];
  }

  /** Milliseconds since 1970. */
  public long[] eventTimes() {
    return eventTimes;
  }

  /** Kafka partitions, where they were read. */
  public int[] partitions() {
    return partitions;
  }

  /** Kafka offsets, where they were read. */
  public long[] offsets() {
    return offsets;
  }

  /** A row by its index, until the batch is filled again. */
  public Row row(int index) {
    Cursor cursor = new Cursor();
    cursor.row = index;
    return cursor;
  }

  Cursor cursor() {
    return new Cursor();
  }

  /** One row after the other. */
  final class Cursor implements Row {
    private int row;

    Cursor at(int index) {
      row = index;
      return this;
    }

    @Override
    public boolean isNull(int column) {
      return columns[column].nulls()[row];
    }

    @Override
    public long longAt(int column) {
      return columns[column].longs()[row];
    }

    @Override
    public double doubleAt(int column) {
      return columns[column].doubles()[row];
    }

    @Override
    public byte[] utf8At(int column) {
      return columns[column].text(row);
    }

    @Override
    public long eventTime() {
      return eventTimes[row];
    }

    @Override
    public int partition() {
      return partitions[row];
    }

    @Override
    public long offset() {
      return offsets[row];
    }
  }
}
