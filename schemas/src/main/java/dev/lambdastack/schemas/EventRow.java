package dev.lambdastack.schemas;

import dev.lambdastack.views.Row;
import java.util.Arrays;

/** The columns of one event, by index; filled by a {@link WriterPlan}. */
final class EventRow implements Row {
  private final boolean[] nulls;
  private final long[] numbers;
  private final double[] reals;

  /** Text: an array of its own, or null while it still stands in {@link #source}. */
  private final byte[][] texts;

  private final int[] starts;
  private final int[] lengths;
  private byte[] source;
  private long eventTime;
  private long keyTextBytes;
  private int partition;
  private long offset;

  EventRow(int columns) {
    nulls = new boolean[columns];
    numbers = new long[columns];
    reals = new double[columns];
    texts = new byte[columns][];
    starts = new int[columns];
    lengths = new int[columns];
  }

  void place(byte[] newSource, int newPartition, long newOffset) {
    source = newSource;
    keyTextBytes = 0;
    partition = newPartition;
    offset = newOffset;
  }

  void setEventTime(long millis) {
    eventTime = millis;
  }

  /** Counts the bytes of a text that a view may be keyed by, whether or not it is a column here. */
  void addKeyText(int bytes) {
    keyTextBytes += bytes;
  }

  long keyTextBytes() {
    return keyTextBytes;
  }

  void setNull(int column) {
    nulls[column] = true;
  }

  void setNumber(int column, long value) {
    nulls[column] = false;
    numbers[column] = value;
  }

  void setReal(int column, double value) {
    nulls[column] = false;
    reals[column] = value;
  }

  void setText(int column, byte[] text) {
    nulls[column] = false;
    texts[column] = text;
  }

  void setText(int column, int start, int length) {
    nulls[column] = false;
    texts[column] = null;
    starts[column] = start;
    lengths[column] = length;
  }

  @Override
  public boolean isNull(int column) {
    return nulls[column];
  }

  @Override
  public long longAt(int column) {
    return numbers[column];
  }

  @Override
  public double doubleAt(int column) {
    return reals[column];
  }

  @Override
  public byte[] utf8At(int column) {
    if (texts[column] == null) {
      texts[column] = Arrays.copyOfRange(source, starts[column], starts[column] + lengths[column]);
    }
    return texts[column];
  }

  @Override
  public long eventTime() {
    return eventTime;
  }

  @Override
  public int partition() {
    return partition;
  }

  @Override
  public long offset() {
    return offset;
  }
}
