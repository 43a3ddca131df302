package dev.lambdastack.settings;

import java.time.Duration;

/**
 * How small files become large ones.
 *
 * @param targetBytes about how long a compacted file is at most
 * @param grace how old a file that nothing reads any more must be before it is removed
 */
public record CompactSettings(long targetBytes, Duration grace) {
  static CompactSettings of(Values values) {
    return new CompactSettings(
        values.mebibytes("lambda.compact.target"),
        values.duration("lambda.compact.grace", Duration.ZERO));
  }
}
