package dev.lambdastack.views;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A rule over rows of a known column order, its state as bytes: what an engine calls for each
 * event. An event that the rule's code throws an exception for is set aside for this rule alone, as
 * {@link BoundView} does for a view; so is one whose alert or state would be too large to keep. Not
 * thread-safe.
 */
public final class BoundRule {
  /** The bytes of UTF-8 that an alert may have: one line for a person. */
  public static final int MAX_ALERT_BYTES = 1 << 16;

  /** The bytes that a rule may remember of a key. */
  public static final int MAX_STATE_BYTES = 1 << 20;

  private final AlertRule rule;
  private final InputRow inputs;
  private final UserCodeWatch.Call call = new UserCodeWatch.Call(this::running);
  private Row current;

  /**
   * @param columns names of columns of the event type; must hold all of the rule's, may hold more
   */
  public BoundRule(AlertRule rule, List<String> columns) {
    this.rule = rule;
    this.inputs = new InputRow(rule.columns().stream().mapToInt(columns::indexOf).toArray());
  }

  public AlertRule rule() {
    return rule;
  }

  /**
   * What came of an event.
   *
   * @param state of the key, for the next event
   * @param whySetAside where the event stands and why the rule cannot take it; state is as it was
   *     then. Empty where it can
   */
  public record Outcome(byte[] state, Optional<String> alert, Optional<String> whySetAside) {}

  /**
   * The next event of a key.
   *
   * @param state of the key; null before its first event
   * @throws InvalidInputException when the rule's code ends in an {@link Error}
   */
  public Outcome next(byte[] state, Row row) {
    current = row;
    try {
      Outcome outcome;
      call.begin();
      try {
        outcome = next(rule.logic(), state, inputs.over(row));
      } finally {
        call.end();
      }

      Optional<String> half = outcome.alert().flatMap(Surrogates::alone);
      if (half.isPresent()) {
        return setAside(state, row, "the alert has half of a character, " + half.get());
      }

      int alert = outcome.alert().map(a -> a.getBytes(StandardCharsets.UTF_8).length).orElse(0);
      if (alert > MAX_ALERT_BYTES) {
        return setAside(state, row, tooLong("the alert", alert, MAX_ALERT_BYTES));
      }
      if (outcome.state().length > MAX_STATE_BYTES) {
        return setAside(
            state, row, tooLong("what it remembers", outcome.state().length, MAX_STATE_BYTES));
      }

      return outcome;
    } catch (Exception e) {
      // Whatever it declares: code of other languages throws checked ones too.
      return setAside(state, row, e.toString());
    } catch (Error e) {
      throw new InvalidInputException(
          failed(row, e.toString())
              + "; it may not come again in another thread, so the event is not set aside: mend the rule",
          e);
    }
  }

  private Outcome setAside(byte[] state, Row row, String why) {
    return new Outcome(state, Optional.empty(), Optional.of(failed(row, why)));
  }

  private String failed(Row row, String why) {
    return cannotTake(row) + ": " + why;
  }

  private String running() {
    return cannotTake(current);
  }

  private String cannotTake(Row row) {
    return String.format(
        Locale.ROOT,
        "Rule %s cannot take topic %s partition %d offset %d",
        rule.name(),
        rule.eventType().topic(),
        row.partition(),
        row.offset());
  }

  private static String tooLong(String what, int found, int most) {
    return String.format(Locale.ROOT, "%s has %d bytes, more than %d", what, found, most);
  }

  private static <S> Outcome next(AlertLogic<S> logic, byte[] state, Row row) {
    try {
      Optional<S> before =
          state == null
              ? Optional.empty()
              : Optional.of(logic.read(new DataInputStream(new ByteArrayInputStream(state))));

      AlertLogic.Step<S> step = logic.next(before, row);
      ByteArrayOutputStream after = new ByteArrayOutputStream();
      logic.write(step.state(), new DataOutputStream(after));
      return new Outcome(after.toByteArray(), step.alert(), Optional.empty());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
