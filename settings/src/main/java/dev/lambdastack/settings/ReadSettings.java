package dev.lambdastack.settings;

import java.time.Duration;

/**
 * How answers are read.
 *
 * @param cache how long a reader keeps the published row
 * @param timeout how long an answer may take
 * @param maxRows how many rows an answer may have
 */
public record ReadSettings(Duration cache, Duration timeout, int maxRows) {
  private static final String CACHE = "lambda.read.cache";

  static ReadSettings of(Values values) {
    ReadSettings read =
        new ReadSettings(
            values.duration(CACHE, Duration.ZERO),
            values.duration("lambda.read.timeout", Duration.ofMillis(1)),
            values.number("lambda.read.max-rows", 1, 100_000_000));
    if (read.cache.compareTo(Duration.ofSeconds(1)) > 0) {
      throw values.bad(CACHE, "at most 1s");
    }
    return read;
  }
}
