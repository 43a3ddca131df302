package dev.lambdastack.views;

/** A row seen through the columns that a formula or a rule declares. */
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
    return row.longAt(columns[column]);
  }

  @Override
  public double doubleAt(int column) {
    return row.doubleAt(columns[column]);
  }

  @Override
  public byte[] utf8At(int column) {
    return row.utf8At(columns[column]);
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
