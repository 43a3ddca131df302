package dev.lambdastack.views;

/** The types that a view can read from an event. */
public enum ColumnType {
  /**
   * Avro {@code string} or {@code enum}; compared and keyed by its UTF-8 bytes, which is code-point
   * order.
   */
  STRING,
  /** Avro {@code int} or {@code long}. */
  LONG,
  /**
   * Avro {@code bytes} or {@code fixed} with logical type {@code decimal} and precision at most 18,
   * as an unscaled long.
   */
  DECIMAL,
  /**
   * Avro {@code float} or {@code double}. Never summed or averaged: the result would depend on the
   * order of events.
   */
  DOUBLE,
  /** Avro {@code boolean}, as 0 or 1. */
  BOOLEAN,
  /**
   * Avro {@code timestamp-millis}, or {@code timestamp-micros} rounded down to milliseconds since
   * 1970, UTC.
   */
  TIMESTAMP;

  boolean isExactNumber() {
    return this == LONG || this == DECIMAL;
  }
}
