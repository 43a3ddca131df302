package dev.lambdastack.cli.batch;

import java.time.Duration;
import java.util.Locale;

/** Lengths of time for a person: in the two greatest units that say something. */
final class Spans {
  private Spans() {}

  /** As {@code 4.2 s}, {@code 3 min 20 s}, {@code 5 h 3 min} or {@code 4 d 2 h}. */
  static String text(Duration span) {
    long seconds = span.toSeconds();
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", span.toMillis() / 1000.0);
    }
    if (seconds < 3_600) {
      return String.format(Locale.ROOT, "%d min %d s", seconds / 60, seconds % 60);
    }
    return seconds < 2 * 86_400
        ? String.format(Locale.ROOT, "%d h %d min", seconds / 3_600, seconds / 60 % 60)
        : String.format(Locale.ROOT, "%d d %d h", seconds / 86_400, seconds / 3_600 % 24);
  }
}
