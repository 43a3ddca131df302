package dev.lambdastack.schemas;

import java.math.BigInteger;
import java.util.Arrays;

/** Avro decimals: two's complement, most significant byte first, of any length. */
public final class Decimals {
  private static final long[] POWERS_OF_TEN = new long[19];

  static {
    POWERS_OF_TEN[0] = 1;
    for (int i = 1; i < POWERS_OF_TEN.length; i++) {
      POWERS_OF_TEN[i] = POWERS_OF_TEN[i - 1] * 10;
    }
  }

  private Decimals() {}

  /**
   * The unscaled value.
   *
   * @param length at least 1
   * @throws ArithmeticException when there is no byte or the value does not fit a long
   */
  public static long unscaled(byte[] bytes, int start, int length) {
    if (length < 1) {
      throw new ArithmeticException("a decimal without bytes");
    }

    long value = bytes[start];
    for (int i = start + 1; i < start + length; i++) {
      // What leaves at the top must be copies of the sign.
      if (value != value << 8 >> 8) {
        throw new ArithmeticException("a decimal of more than 64 bits");
      }
      value = value << 8 | bytes[i] & 0xFF;
    }

    return value;
  }

  /** Whether these bytes are a decimal of at most this many digits. */
  static boolean fits(byte[] bytes, int start, int length, int precision) {
    if (length < 1) {
      return false;
    }

    if (precision >= POWERS_OF_TEN.length) {
      return new BigInteger(Arrays.copyOfRange(bytes, start, start + length))
              .abs()
              .compareTo(BigInteger.TEN.pow(precision))
          < 0;
    }

    long value = bytes[start];
    for (int i = start + 1; i < start + length; i++) {
      if (value != value << 8 >> 8) {
        return false;
      }
      value = value << 8 | bytes[i] & 0xFF;
    }

    return value > -POWERS_OF_TEN[precision] && value < POWERS_OF_TEN[precision];
  }
}
