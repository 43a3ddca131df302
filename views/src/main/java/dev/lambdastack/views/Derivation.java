package dev.lambdastack.views;

import java.io.Serializable;

/**
 * The code of a derived column: a pure function of its declared inputs, the same in both layers. It
 * must not look at anything else (clock, files, counters), or recomputing would not give the same
 * answer.
 */
@FunctionalInterface
public interface Derivation extends Serializable {
  /**
   * The column's value: a {@code String}, {@code Long}, {@code BigDecimal} (of at most the declared
   * scale), {@code Double}, {@code Boolean} or {@code Instant} as the declared {@link Column} says,
   * or null for none where the column is nullable.
   *
   * @param inputs the declared inputs, by position in the declaration
   */
  Object apply(Row inputs);
}
