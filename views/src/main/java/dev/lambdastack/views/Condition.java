package dev.lambdastack.views;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * What a view asks of one column of an event. A null value meets no condition but {@link
 * #isNull()}.
 *
 * @param operands strings for STRING columns; whole numbers for LONG; numbers (never floating
 *     point) for DECIMAL; numbers for DOUBLE; whole numbers of milliseconds since 1970 for
 *     TIMESTAMP; booleans for BOOLEAN
 */
public record Condition(Operator operator, List<Object> operands) {
  public enum Operator {
    IN,
    NOT_IN,
    AT_LEAST,
    AT_MOST,
    IS_NULL,
    IS_NOT_NULL
  }

  public Condition {
    if (operands.stream().anyMatch(Objects::isNull)) {
      throw new InvalidInputException(
          "Cannot compare a column with null: a null meets no such condition; use isNull() or isNotNull()");
    }
    operands = List.copyOf(operands);
  }

  /** Equal to this value. */
  public static Condition is(Object value) {
    return in(value);
  }

  /** Not null and not equal to this value. */
  public static Condition isNot(Object value) {
    return new Condition(Operator.NOT_IN, Collections.singletonList(value));
  }

  /** Equal to one of these values. */
  public static Condition in(Object... values) {
    return new Condition(Operator.IN, Arrays.asList(values));
  }

  /** A number that is not less than this. */
  public static Condition atLeast(Number bound) {
    return new Condition(Operator.AT_LEAST, Collections.singletonList(bound));
  }

  /** A number that is not greater than this. */
  public static Condition atMost(Number bound) {
    return new Condition(Operator.AT_MOST, Collections.singletonList(bound));
  }

  public static Condition isNull() {
    return new Condition(Operator.IS_NULL, List.of());
  }

  public static Condition isNotNull() {
    return new Condition(Operator.IS_NOT_NULL, List.of());
  }

  /** A test of one column by its index in a row. */
  interface Test {
    boolean accepts(Row row, int column);
  }

  /** The test for a column; checks that the operands fit its type. */
  Test test(Column column) {
    if (operator == Operator.IS_NULL) {
      return Row::isNull;
    }
    if (operator == Operator.IS_NOT_NULL) {
      return (row, c) -> !row.isNull(c);
    }

    Test onValue =
        switch (column.type()) {
          case STRING -> strings(column);
          case LONG, DECIMAL, TIMESTAMP, BOOLEAN -> longs(column);
          case DOUBLE -> doubles(column);
        };

    return (row, c) -> !row.isNull(c) && onValue.accepts(row, c);
  }

  private Test strings(Column column) {
    byte[][] values =
        operands.stream()
            .map(
                o -> {
                  if (!(o instanceof String s)) {
                    throw misfit(column, o);
                  }
                  return s.getBytes(StandardCharsets.UTF_8);
                })
            .toArray(byte[][]::new);

    return switch (operator) {
      case IN -> (row, c) -> contains(values, row.utf8At(c));
      case NOT_IN -> (row, c) -> !contains(values, row.utf8At(c));
      case AT_LEAST, AT_MOST, IS_NULL, IS_NOT_NULL -> throw misfit(column, operands.get(0));
    };
  }

  private static boolean contains(byte[][] values, byte[] value) {
    for (byte[] candidate : values) {
      if (Arrays.equals(candidate, value)) {
        return true;
      }
    }
    return false;
  }

  private Test longs(Column column) {
    long[] values = operands.stream().mapToLong(o -> unscaled(column, o)).toArray();
    return switch (operator) {
      case IN -> (row, c) -> contains(values, row.longAt(c));
      case NOT_IN -> (row, c) -> !contains(values, row.longAt(c));
      case AT_LEAST -> (row, c) -> row.longAt(c) >= values[0];
      case AT_MOST -> (row, c) -> row.longAt(c) <= values[0];
      case IS_NULL, IS_NOT_NULL -> throw new AssertionError(operator);
    };
  }

  private static boolean contains(long[] values, long value) {
    for (long candidate : values) {
      if (candidate == value) {
        return true;
      }
    }
    return false;
  }

  private static long unscaled(Column column, Object operand) {
    try {
      if (column.type() == ColumnType.BOOLEAN) {
        if (operand instanceof Boolean b) {
          return b ? 1 : 0;
        }
      } else if (operand instanceof Number n && !(n instanceof Double) && !(n instanceof Float)) {
        return Numbers.unscaled(new BigDecimal(n.toString()), column.scale());
      }
    } catch (ArithmeticException e) {
      throw misfit(column, operand);
    }

    throw misfit(column, operand);
  }

  private Test doubles(Column column) {
    double[] values =
        operands.stream()
            .mapToDouble(
                o -> {
                  if (!(o instanceof Number n)) {
                    throw misfit(column, o);
                  }
                  return n.doubleValue();
                })
            .toArray();

    return switch (operator) {
      case IN -> (row, c) -> Arrays.stream(values).anyMatch(v -> v == row.doubleAt(c));
      case NOT_IN -> (row, c) -> Arrays.stream(values).noneMatch(v -> v == row.doubleAt(c));
      case AT_LEAST -> (row, c) -> row.doubleAt(c) >= values[0];
      case AT_MOST -> (row, c) -> row.doubleAt(c) <= values[0];
      case IS_NULL, IS_NOT_NULL -> throw new AssertionError(operator);
    };
  }

  private static InvalidInputException misfit(Column column, Object operand) {
    return new InvalidInputException(
        "Cannot compare column '%s' with %s: it does not fit the column's type %s%s (decimals take a BigDecimal of at most that scale)"
            .formatted(
                column.name(),
                operand instanceof String s
                    ? "\"" + s + "\""
                    : operand + " (" + operand.getClass().getSimpleName() + ")",
                column.type(),
                column.type() == ColumnType.DECIMAL ? "(scale " + column.scale() + ")" : ""));
  }

  @Override
  public String toString() {
    return operator + operands.toString();
  }
}
