package dev.lambdastack.settings;

import java.time.Duration;

/**
 * What a clean-up keeps.
 *
 * @param keep how many versions of a view, the one that answers among them
 * @param keepPast how old a version of a moment in the past may become
 * @param grace how old work that nothing lists must be before it looks like an orphan
 */
public record CleanupSettings(int keep, Duration keepPast, Duration grace) {
  static CleanupSettings of(Values values) {
    return new CleanupSettings(
        values.number("lambda.versions.keep", 1, 1_000_000),
        values.duration("lambda.versions.keep-past", Duration.ZERO),
        values.duration("lambda.cleanup.grace", Duration.ZERO));
  }
}
