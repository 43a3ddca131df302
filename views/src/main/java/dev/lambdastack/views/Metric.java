package dev.lambdastack.views;

import dev.lambdastack.views.aggregate.DistinctSketch;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;

/**
 * One number (or value) that a view keeps for each key and window. Nulls are passed over by all but
 * {@link #count()}; a metric that saw only nulls has no value.
 *
 * <p>Every metric is a commutative monoid: it does not depend on the order of events or on how they
 * were split between layers.
 *
 * @param column the column it reads; null for {@code COUNT} alone
 * @param scale digits after the point of an average, {@link #DEFAULT_SCALE} for the column's scale
 *     plus 4
 */
public record Metric(Kind kind, String column, int scale, RoundingMode rounding) {
  /**
   * The kinds of metric; their ordinals are no wire format, {@link ViewShape} writes their names.
   */
  public enum Kind {
    COUNT,
    SUM,
    AVG,
    MIN,
    MAX,
    DISTINCT,
    LATEST;

    /** Whether a scale and a rounding are part of it. */
    boolean isRounded() {
      return switch (this) {
        case AVG -> true;
        case COUNT, SUM, MIN, MAX, DISTINCT, LATEST -> false;
      };
    }

    /** Whether the coordinates of an event decide between two of one time. */
    boolean looksAtCoordinates() {
      return switch (this) {
        case LATEST -> true;
        case COUNT, SUM, AVG, MIN, MAX, DISTINCT -> false;
      };
    }

    /** Whether a cell holds a text of an event as it is. */
    boolean keepsTexts() {
      return switch (this) {
        case LATEST -> true;
        case COUNT, SUM, AVG, MIN, MAX, DISTINCT -> false;
      };
    }
  }

  public static final int DEFAULT_SCALE = -1;

  /** The number of events. A {@code Long}. */
  public static Metric count() {
    return new Metric(Kind.COUNT, null, 0, RoundingMode.UNNECESSARY);
  }

  /** The exact sum of a LONG or DECIMAL column. A {@code BigDecimal} of the column's scale. */
  public static Metric sum(String column) {
    return new Metric(Kind.SUM, column, 0, RoundingMode.UNNECESSARY);
  }

  /**
   * {@link #avg(String, int, RoundingMode)} with four digits more than the column has, rounded half
   * to even.
   */
  public static Metric avg(String column) {
    return new Metric(Kind.AVG, column, DEFAULT_SCALE, RoundingMode.HALF_EVEN);
  }

  /**
   * The average of a LONG or DECIMAL column: exact sum divided by the number of values, rounded
   * once, when it is read. A {@code BigDecimal} of the given scale (0 to 18).
   */
  public static Metric avg(String column, int scale, RoundingMode rounding) {
    if (scale < 0 || scale > Column.MAX_PRECISION) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot average '%s' to %d digits: expected 0 to %d",
              column,
              scale,
              Column.MAX_PRECISION));
    }

    if (rounding == RoundingMode.UNNECESSARY) {
      throw new InvalidInputException(
          "Cannot average '%s' without rounding: a third has no last digit; choose a rounding such as HALF_EVEN"
              .formatted(column));
    }

    return new Metric(Kind.AVG, column, scale, rounding);
  }

  /**
   * The least value of a LONG, DECIMAL, DOUBLE or TIMESTAMP column; doubles in {@link
   * Double#compare} order.
   */
  public static Metric min(String column) {
    return new Metric(Kind.MIN, column, 0, RoundingMode.UNNECESSARY);
  }

  /**
   * The greatest value of a LONG, DECIMAL, DOUBLE or TIMESTAMP column; doubles in {@link
   * Double#compare} order.
   */
  public static Metric max(String column) {
    return new Metric(Kind.MAX, column, 0, RoundingMode.UNNECESSARY);
  }

  /**
   * How many different values: exact up to {@link DistinctSketch#MAX_EXACT}, then with a standard
   * error of 1.63 %. A {@code Long}.
   */
  public static Metric distinct(String column) {
    return new Metric(Kind.DISTINCT, column, 0, RoundingMode.UNNECESSARY);
  }

  /**
   * The value of the latest event by event time; of two at one time the one of the greater
   * (partition, offset).
   */
  public static Metric latest(String column) {
    return new Metric(Kind.LATEST, column, 0, RoundingMode.UNNECESSARY);
  }

  /** The column it reads, none for {@link #count()}. */
  public Optional<String> input() {
    return Optional.ofNullable(column);
  }

  void check(String name, Column input) {
    boolean fits =
        switch (kind) {
          case COUNT, DISTINCT, LATEST -> true;
          case SUM, AVG -> input.type().isExactNumber();
          case MIN, MAX -> input.type() != ColumnType.STRING && input.type() != ColumnType.BOOLEAN;
        };

    if (!fits) {
      String why =
          input.type() == ColumnType.DOUBLE
              ? "sums of floating point depend on the order of events, so that the two layers could differ; use an Avro decimal or a long"
              : "expected a number";
      throw new InvalidInputException(
          "Cannot take %s of column '%s' (%s) for metric '%s': %s"
              .formatted(
                  kind.name().toLowerCase(Locale.ROOT), input.name(), input.type(), name, why));
    }
  }
}
