package dev.lambdastack.views;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.time.Instant;

/**
 * A part of a view's key that answers show by an attribute of a dimension. Rows are kept by the
 * part itself, an id; each answer joins them, by the dimension as it is when it is read, and merges
 * what comes to the same attribute. So a dimension that changes changes no row.
 *
 * @param column a key column of the view
 * @param dimension the topic of the dimension, whose partition key is the id
 * @param attribute a text column of the dimension
 */
public record Lookup(String column, String dimension, String attribute) {
  /** What answers show for an id whose dimension, or attribute, is missing. */
  public static final String UNKNOWN = "unknown";

  public Lookup {
    requireNonNull(column);
    requireNonNull(dimension);
    requireNonNull(attribute);
  }

  /**
   * The id that a key part is: the text that producers of the dimension send as Kafka key. Numbers
   * in plain decimal notation, times in milliseconds since 1970.
   */
  public static String id(Object part) {
    if (part instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return part instanceof Instant time ? Long.toString(time.toEpochMilli()) : part.toString();
  }

  /** The inverse of {@link #id}, of a text that it made. */
  public static Object part(Column column, String id) {
    return column.type() == ColumnType.TIMESTAMP
        ? Instant.ofEpochMilli(Long.parseLong(id))
        : RowKey.parsePart(column, id);
  }

  /** The attribute as a key column of answers. */
  Column answered() {
    return new Column(attribute, ColumnType.STRING, 0, false);
  }
}
