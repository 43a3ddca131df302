package dev.lambdastack.console;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;

/** Values and times as a person reads them. */
public final class Texts {
  private Texts() {}

  /** Plain digits, ISO 8601, text as it is; {@code absent} for null. */
  public static String of(Object value, String absent) {
    if (value == null) {
      return absent;
    }
    return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
  }

  /** A share of 0 to 1 in percent; never rounded to 0 or 100 unless it is. */
  public static String percent(double share) {
    double shown = share <= 0 || share >= 1 ? share : Math.min(0.999, Math.max(0.001, share));
    return String.format(Locale.ROOT, "%.1f %%", 100 * shown);
  }

  /**
   * A length of time in its two greatest units: {@code 4.2 s}, {@code 3 min 20 s}, {@code 5 h},
   * {@code 4 d 2 h}. Hours go up to 48.
   */
  public static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    if (seconds < 3_600) {
      return twoUnits(seconds / 60, "min", seconds % 60, "s");
    }

    return seconds < 2 * 86_400
        ? twoUnits(seconds / 3_600, "h", seconds / 60 % 60, "min")
        : twoUnits(seconds / 86_400, "d", seconds / 3_600 % 24, "h");
  }

  private static String twoUnits(long great, String unit, long small, String smallUnit) {
    return small == 0
        ? String.format(Locale.ROOT, "%d %s", great, unit)
        : String.format(Locale.ROOT, "%d %s %d %s", great, unit, small, smallUnit);
  }

  /** {@code 1 file}, {@code 2,000 files}. The noun takes an s. */
  public static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s", number, plural(number, noun));
  }

  /** {@code file} for 1, else {@code files}. */
  public static String plural(long number, String noun) {
    return number == 1 ? noun : noun + "s";
  }
}
