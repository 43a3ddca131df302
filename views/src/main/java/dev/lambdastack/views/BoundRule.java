package dev.lambdastack.views;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * A rule over rows of a known column order, its state as bytes: what an engine calls for each
 * event. Not thread-safe.
 */
public final class BoundRule {
  private final AlertRule rule;
  private final InputRow inputs;

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
   */
  public record Outcome(byte[] state, Optional<String> alert) {}

  /**
   * The next event of a key.
   *
   * @param state of the key; null before its first event
   */
  public Outcome next(byte[] state, Row row) {
    return next(rule.logic(), state, inputs.over(row));
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
      return new Outcome(after.toByteArray(), step.alert());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
