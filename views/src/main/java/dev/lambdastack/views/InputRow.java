package dev.lambdastack.views;

/**
 * A row seen through the columns that a formula or a rule declares. Reading a null throws: a row
 * itself gives whatever its memory holds there, which is another event's value and not the same in
 * both layers.
 */
final class InputRow implements Row {
  private final int[] columns;
  private Row row;

  InputRow(int[] columns) {
    this.columns = columns;
  }

  InputRow over(Row next) {
    row = next;
    return this;
  }

  @Override
  public boolean isNull(int column) {
    return row.isNull(columns[column]);
  }

  @Override
  public long longAt(int column) {
    return row.longAt(present(column));
  }

  @Override
  public double doubleAt(int column) {
    return row.doubleAt(present(column));
  }

  @Override
  public byte[] utf8At(int column) {
    return row.utf8At(present(column));
  }

  private int present(int column) {
    if (row.isNull(columns[column])) {
      throw new NullPointerException(
          "input " + column + " is null: ask isNull(" + column + ") first");
    }
    return columns[column];
  }

  @Override
  public long eventTime() {
    return row.eventTime();
  }

  @Override
  public int partition() {
    return row.partition();
  }

  @Override
  public long offset() {
    return row.offset();
  }
}
