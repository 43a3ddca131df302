package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Row;

/**
 * The values of one column in a {@link ColumnBatch}, in arrays that whoever reads the batch fills:
 * {@link #longs} for a LONG, DECIMAL, TIMESTAMP or BOOLEAN as in {@link Row#longAt}, {@link
 * #doubles} for a DOUBLE, and for a STRING {@link #ids} into the texts. Not thread-safe.
 */
public final class ColumnVector {
  private final Column column;
  private final boolean[] nulls;
  private final long[] longs;
  private final double[] doubles;
  private final int[] ids;
  private byte[][] ownTexts;
  private TextDictionary texts;

  ColumnVector(Column column, int capacity) {
    this.column = column;
    this.nulls = new boolean[capacity];
    boolean isText = column.type() == ColumnType.STRING;
    boolean isReal = column.type() == ColumnType.DOUBLE;
    this.longs = isText || isReal ? null : new long[capacity];
    this.doubles = isReal ? new double[capacity] : null;
    this.ids = isText ? new int[capacity] : null;
  }

  public Column column() {
    return column;
  }

  /** Which rows have no value; all false for a new vector. */
  public boolean[] nulls() {
    return nulls;
  }

  public long[] longs() {
    return longs;
  }

  public double[] doubles() {
    return doubles;
  }

  /** Numbers of texts; of a null row, any number. */
  public int[] ids() {
    return ids;
  }

  /** Says which texts the ids are of. */
  public void useTexts(TextDictionary dictionary) {
    texts = dictionary;
    ownTexts = null;
  }

  /**
   * Begins a batch whose texts are set one by one by {@link #setText}, each of them its own number.
   */
  public void useOwnTexts() {
    ownTexts = new byte[nulls.length][];
    texts = new TextDictionary(ownTexts);
  }

  /** Sets a row's text; after {@link #useOwnTexts}. */
  public void setText(int row, byte[] utf8) {
    ownTexts[row] = utf8;
    ids[row] = row;
  }

  /** Sets a row's value from another row; a text only after {@link #useOwnTexts}. */
  public void set(int row, Row from, int fromColumn) {
    nulls[row] = from.isNull(fromColumn);
    if (nulls[row]) {
      return;
    }
    switch (column.type()) {
      case STRING -> setText(row, from.utf8At(fromColumn));
      case DOUBLE -> doubles[row] = from.doubleAt(fromColumn);
      case LONG, DECIMAL, TIMESTAMP, BOOLEAN -> longs[row] = from.longAt(fromColumn);
    }
  }

  TextDictionary texts() {
    return texts;
  }

  /** The UTF-8 bytes of a row that is not null; the caller must not change them. */
  public byte[] text(int row) {
    return texts.text(ids[row]);
  }

  /** Takes over the first rows of a vector of the same type. */
  public void copy(ColumnVector other, int rows) {
    System.arraycopy(other.nulls, 0, nulls, 0, rows);
    switch (column.type()) {
      case STRING -> {
        System.arraycopy(other.ids, 0, ids, 0, rows);
        texts = other.texts;
        ownTexts = other.ownTexts;
      }
      case DOUBLE -> System.arraycopy(other.doubles, 0, doubles, 0, rows);
      case LONG, DECIMAL, TIMESTAMP, BOOLEAN -> System.arraycopy(other.longs, 0, longs, 0, rows);
    }
  }

  void move(int from, int to) {
    nulls[to] = nulls[from];
    switch (column.type()) {
      case STRING -> ids[to] = ids[from];
      case DOUBLE -> doubles[to] = doubles[from];
      case LONG, DECIMAL, TIMESTAMP, BOOLEAN -> longs[to] = longs[from];
    }
  }
}
