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

  /** A duration in its greatest unit. */
  public static String age(Duration age) {
    if (age.compareTo(Duration.ofMinutes(2)) < 0) {
      return String.format(Locale.ROOT, "%.1f s", age.toMillis() / 1000.0);
    }
    if (age.compareTo(Duration.ofHours(2)) < 0) {
      return age.toMinutes() + " min";
    }
    return age.compareTo(Duration.ofDays(2)) < 0 ? age.toHours() + " h" : age.toDays() + " d";
  }

  /** {@code 1 file}, {@code 2 files}. */
  public static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
