package dev.lambdastack.sandbox.oracle;

import java.time.Instant;

/**
 * One value that is not as it should be.
 *
 * @param what the metric, or what else of the row differs
 */
public record Difference(
    String view, Object key, Instant start, String what, Object expected, Object found) {
  @Override
  public String toString() {
    return "%s  %s  window from %s  %s: expected %s, found %s"
        .formatted(view, key, start, what, expected, found);
  }
}
