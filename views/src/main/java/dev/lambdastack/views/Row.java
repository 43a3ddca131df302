package dev.lambdastack.views;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/**
 * One event as a view sees it: columns by index, in the order in which the reader was asked for
 * them, and where the event stands in the log. Both engines implement it over what they have (an
 * Avro record, a Parquet column cursor).
 *
 * <p>An instance may be reused for the next event: nothing may hold on to it. Reading a column by a
 * method that does not fit its {@link ColumnType}, or reading a null, has no defined result; ask
 * {@link #isNull} first where a column is nullable. A formula or a rule that reads a null gets a
 * {@link NullPointerException}, so that its event is set aside.
 */
public interface Row {
  boolean isNull(int column);

  /**
   * A LONG; a DECIMAL's unscaled value; a TIMESTAMP in milliseconds since 1970; a BOOLEAN as 0 or
   * 1.
   */
  long longAt(int column);

  /** A DOUBLE. */
  double doubleAt(int column);

  /**
   * A STRING's UTF-8 bytes, exactly; the caller must not change them, nor keep them past the next
   * event.
   */
  byte[] utf8At(int column);

  /** Milliseconds since 1970, UTC: the event type's event-time column. */
  long eventTime();

  /** The Kafka partition that the event stands in. */
  int partition();

  /** The Kafka offset of the event in {@link #partition}. */
  long offset();

  /** A STRING. */
  default String stringAt(int column) {
    return new String(utf8At(column), StandardCharsets.UTF_8);
  }

  /** A DECIMAL of the given scale (the scale that its schema declares). */
  default BigDecimal decimalAt(int column, int scale) {
    return BigDecimal.valueOf(longAt(column), scale);
  }
}
