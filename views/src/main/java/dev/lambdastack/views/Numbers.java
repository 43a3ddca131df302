package dev.lambdastack.views;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Numbers from outside, judged by their digits and their exponent before anything is made of them:
 * {@code 1e100000000} has one digit, and written out a hundred million.
 */
public final class Numbers {
  /** No number of ours comes near. */
  private static final int MOST_CHARACTERS = 1_000;

  /** Digits that a long may have. */
  static final int LONG_DIGITS = 19;

  private Numbers() {}

  /**
   * A number in digits, with or without an exponent.
   *
   * @throws NumberFormatException when the text is none, or longer than any of ours
   */
  public static BigDecimal parse(String text) {
    if (text.length() > MOST_CHARACTERS) {
      throw new NumberFormatException(text.length() + " characters");
    }
    return new BigDecimal(text);
  }

  /**
   * The number with so many digits after the point.
   *
   * @param precision how many digits it may have then, those after the point among them
   * @throws ArithmeticException when it has more digits, before the point or after it
   */
  public static BigDecimal exact(BigDecimal number, int scale, int precision) {
    if (number.signum() == 0) {
      return BigDecimal.ZERO.setScale(scale);
    }

    long before = (long) number.precision() - number.scale();
    long tooMany = (long) number.scale() - scale;
    // Of what is cut off, all digits would have to be zeros.
    if (before > (long) precision - scale || tooMany >= number.precision()) {
      throw new ArithmeticException(
          String.format(
              Locale.ROOT,
              "a number that has not at most %d digits, %d of them after the point",
              precision,
              scale));
    }

    return number.setScale(scale, RoundingMode.UNNECESSARY);
  }

  /**
   * The unscaled value of a decimal of this scale.
   *
   * @throws ArithmeticException when it has more digits after the point, or does not fit a long
   */
  static long unscaled(BigDecimal number, int scale) {
    return exact(number, scale, LONG_DIGITS).unscaledValue().longValueExact();
  }
}
