package dev.lambdastack.serving.read;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.ViewShape;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** A key as a caller gives it, made to fit the view's columns without changing its meaning. */
final class KeyParts {
  private KeyParts() {}

  /**
   * The same key with every number in its column's own type. How many parts there are is left to
   * the row key to check, as are the types.
   *
   * @throws InvalidInputException on a null part or a number that the column cannot hold exactly
   */
  static List<Object> fit(ViewShape shape, List<?> key) {
    List<Object> parts = new ArrayList<>(key);
    for (int i = 0; i < Math.min(key.size(), shape.keyColumns().size()); i++) {
      parts.set(i, fit(shape, shape.keyColumns().get(i), key.get(i)));
    }
    return parts;
  }

  private static Object fit(ViewShape shape, Column column, Object part) {
    if (part == null) {
      throw new InvalidInputException(
          "Key part '%s' of view %s is null: no event has such a key"
              .formatted(column.name(), shape.name()));
    }
    return switch (column.type()) {
      case LONG -> part instanceof Number n ? exactLong(column, n) : part;
      case DECIMAL -> part instanceof Number n && isExact(n) ? new BigDecimal(n.toString()) : part;
      case STRING, DOUBLE, BOOLEAN, TIMESTAMP -> part;
    };
  }

  private static boolean isExact(Number number) {
    return number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte
        || number instanceof BigInteger
        || number instanceof BigDecimal;
  }

  private static Long exactLong(Column column, Number number) {
    try {
      if (isExact(number)) {
        return new BigDecimal(number.toString()).longValueExact();
      }
    } catch (ArithmeticException e) {
      // said below
    }
    throw new InvalidInputException(
        "Cannot use %s (%s) as key part '%s': expected a whole number"
            .formatted(number, number.getClass().getSimpleName(), column.name()));
  }
}
