package dev.lambdastack.views;

import static java.util.Objects.requireNonNull;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;

/**
 * What a rule does with the events of one key, one after the other in the order of the log. Pure:
 * what it answers depends on its arguments alone, so that events which are read again after a
 * failure raise the same alerts again. No clock, no random numbers; of {@code Math}, whose results
 * may differ from JVM to JVM, use {@code StrictMath}.
 *
 * @param <S> what it remembers of a key; immutable, and small, since each key has one
 */
public interface AlertLogic<S> {
  /**
   * The next event of a key.
   *
   * @param before what the key's earlier events left; empty for its first
   * @param row the columns that the rule declares, in that order; must not be kept
   */
  Step<S> next(Optional<S> before, Row row);

  /** Writes what {@link #read} reads. */
  void write(S state, DataOutput out) throws IOException;

  S read(DataInput in) throws IOException;

  /**
   * What came of an event.
   *
   * @param state what is remembered for the next one
   * @param alert what is wrong, as one line for a person; empty when nothing is
   */
  record Step<S>(S state, Optional<String> alert) {
    public Step {
      requireNonNull(state);
      requireNonNull(alert);
    }

    public static <S> Step<S> quiet(S state) {
      return new Step<>(state, Optional.empty());
    }

    public static <S> Step<S> raise(S state, String alert) {
      return new Step<>(state, Optional.of(alert));
    }
  }
}
