package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AlertRuleTest {
  /** Raises every third event of a key, by a column that it names. */
  private record EveryThird() implements AlertLogic<Long> {
    @Override
    public Step<Long> next(Optional<Long> before, Row row) {
      long count = before.orElse(0L) + 1;
      return count % 3 == 0 ? Step.raise(count, row.stringAt(1)) : Step.quiet(count);
    }

    @Override
    public void write(Long state, DataOutput out) throws IOException {
      out.writeLong(state);
    }

    @Override
    public Long read(DataInput in) throws IOException {
      return in.readLong();
    }
  }

  private static AlertRule.Builder rule(String name) {
    return AlertRule.named(name).over(TestTypes.EVERYTHING).reads("whole", "text");
  }

  private static AlertRule valid(String name) {
    return rule(name).keyedBy(TestTypes.EVERYTHING.partitionKey()).raisedBy(1, new EveryThird());
  }

  private static void assertRefused(ThrowingCallable declaration, String message) {
    assertThatThrownBy(declaration).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  @Test
  void onlyThePartitionKeyIsAKey() {
    String key = TestTypes.EVERYTHING.partitionKey();
    assertThat(valid("r").eventType()).isEqualTo(TestTypes.EVERYTHING);
    assertRefused(
        () -> rule("r").keyedBy("other").raisedBy(1, new EveryThird()),
        "Cannot key rule r by 'other': topic %s is partitioned by '%s', and only events of one partition have an order (expected keyedBy(\"%s\"))"
            .formatted(TestTypes.EVERYTHING.topic(), key, key));
    assertRefused(
        () -> rule("r").raisedBy(1, new EveryThird()),
        "Cannot build rule r: no key: call keyedBy(...)");
    EventType byNull = EventType.of("nulls", TestTypes.SCHEMA, "at", "text_null");
    assertRefused(
        () -> AlertRule.named("r").over(byNull).keyedBy("text_null").raisedBy(1, new EveryThird()),
        "Cannot key rule r by 'text_null': expected a column that is never null and not floating point, found nullable STRING");
    assertThatThrownBy(() -> rule("r").reads("colour").keyedBy(key).raisedBy(1, new EveryThird()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("No column 'colour'");
    assertThatThrownBy(() -> AlertRule.named("Too far"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Cannot name a rule 'Too far'");
  }

  @Test
  void rulesHaveNamesOfTheirOwnAndTopicsOneType() {
    assertRefused(
        () -> AlertRules.of(List.of(valid("r"), valid("r"))),
        "Two jars on the class path declare rule 'r': rename one or remove one jar");
    EventType other = EventType.of(TestTypes.EVERYTHING.topic(), TestTypes.SCHEMA, "time", "text");
    assertThatThrownBy(
            () ->
                AlertRules.of(
                    List.of(
                        valid("r"),
                        AlertRule.named("s")
                            .over(other)
                            .keyedBy("text")
                            .raisedBy(1, new EveryThird()))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a topic has one event type");
    AlertRules rules = AlertRules.of(List.of(valid("s"), valid("r")));
    assertThat(rules.ofTopic(TestTypes.EVERYTHING.topic()))
        .extracting(AlertRule::name)
        .containsExactly("r", "s");
    assertRefused(
        () -> rules.ofTopic("nowhere"),
        "No alert rule reads topic 'nowhere'; the topics with rules are "
            + TestTypes.EVERYTHING.topic());
  }

  @Test
  void aChangedDeclarationIsAnother() {
    String key = TestTypes.EVERYTHING.partitionKey();
    assertThat(valid("r").declaration())
        .isEqualTo(valid("r").declaration())
        .isNotEqualTo(valid("s").declaration())
        .isNotEqualTo(rule("r").keyedBy(key).raisedBy(2, new EveryThird()).declaration())
        .isNotEqualTo(
            rule("r")
                .reads("text", "whole")
                .keyedBy(key)
                .raisedBy(1, new EveryThird())
                .declaration());
  }

  @Test
  void whatAKeyLeftIsBytesBetweenEvents() {
    BoundRule bound = new BoundRule(valid("r"), List.of("text", "money", "whole"));
    byte[] state = null;
    Row row = new TextRow("a text");
    for (int i = 1; i <= 6; i++) {
      BoundRule.Outcome outcome = bound.next(state, row);
      assertThat(outcome.alert()).isEqualTo(i % 3 == 0 ? Optional.of("a text") : Optional.empty());
      state = outcome.state();
    }
  }

  /** Fails for a text that is empty, and answers with the text itself. */
  private record Picky() implements AlertLogic<Long> {
    @Override
    public Step<Long> next(Optional<Long> before, Row row) {
      String text = row.stringAt(1);
      return Step.raise(before.orElse(0L) + 1, text.charAt(0) + text + before.orElse(0L));
    }

    @Override
    public void write(Long state, DataOutput out) throws IOException {
      out.writeLong(state);
    }

    @Override
    public Long read(DataInput in) throws IOException {
      return in.readLong();
    }
  }

  @Test
  void anEventThatTheRuleCannotTakeIsSetAsideAndChangesNoState() {
    AlertRule rule =
        rule("r").keyedBy(TestTypes.EVERYTHING.partitionKey()).raisedBy(1, new Picky());
    BoundRule bound = new BoundRule(rule, List.of("text", "money", "whole"));
    byte[] state = bound.next(null, new TextRow("a")).state();
    for (String text : List.of("", "b".repeat(BoundRule.MAX_ALERT_BYTES), "\ud83d\ude00")) {
      BoundRule.Outcome outcome = bound.next(state, new TextRow(text));
      assertThat(outcome.whySetAside().orElseThrow())
          .startsWith("Rule r cannot take topic %s partition ".formatted(rule.eventType().topic()));
      assertThat(outcome.alert()).isEmpty();
      assertThat(outcome.state()).isEqualTo(state);
    }
    assertThat(bound.next(state, new TextRow("c")).alert()).contains("cc1");
  }

  /** Has the text, column 1 of the rule, in its column 0. */
  private record TextRow(String text) implements Row {
    @Override
    public boolean isNull(int column) {
      return false;
    }

    @Override
    public long longAt(int column) {
      return column;
    }

    @Override
    public double doubleAt(int column) {
      throw new AssertionError(column);
    }

    @Override
    public byte[] utf8At(int column) {
      if (column != 0) {
        throw new AssertionError(column);
      }
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long eventTime() {
      return 0;
    }

    @Override
    public int partition() {
      return 0;
    }

    @Override
    public long offset() {
      return 0;
    }
  }
}
