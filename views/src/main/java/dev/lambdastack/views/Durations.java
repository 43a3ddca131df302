package dev.lambdastack.views;

import java.time.Duration;

/** A length of time in words, such as {@code 5 minutes}. */
public final class Durations {
  private Durations() {}

  /** In the largest unit of which it is a whole number. */
  public static String words(Duration length) {
    long millis = length.toMillis();
    if (millis % 86_400_000 == 0) {
      return words(millis / 86_400_000, "day");
    }
    if (millis % 3_600_000 == 0) {
      return words(millis / 3_600_000, "hour");
    }
    if (millis % 60_000 == 0) {
      return words(millis / 60_000, "minute");
    }
    return millis % 1000 == 0 ? words(millis / 1000, "second") : words(millis, "millisecond");
  }

  private static String words(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }
}
