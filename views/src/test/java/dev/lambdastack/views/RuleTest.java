package dev.lambdastack.views;

import static dev.lambdastack.views.Condition.atLeast;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static dev.lambdastack.views.Rule.metric;
import static dev.lambdastack.views.Rule.nullShare;
import static dev.lambdastack.views.Rule.share;
import static dev.lambdastack.views.Rule.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.aggregate.DistinctSketch;
import dev.lambdastack.views.handoff.Origin;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RuleTest {
  private static View.Builder view() {
    return View.named("v")
        .over(TestTypes.EVERYTHING)
        .window(Duration.ofMinutes(1))
        .where("other", Condition.is("purchase"))
        .metric("orders", count())
        .metric("revenue", sum("money"))
        .metric("average", avg("whole_null"))
        .metric("least", min("real"))
        .metric("greatest", max("time"))
        .metric("last", latest("text"))
        .metric("ids", distinct("whole"));
  }

  private static TestEvent event(long id) {
    return TestEvent.at(1_000, 0, id)
        .with("other", "purchase")
        .with("money", new BigDecimal("2.50"))
        .with("whole", id)
        .with("real", 1.5)
        .with("time", Instant.EPOCH)
        .with("text", "a");
  }

  private static Aggregate row(TestEvent... events) {
    return TestTypes.aggregate(view().build(), List.of(events));
  }

  private static Rule.OfRow ofRow(Rule rule) {
    view().expect(rule).build();
    return (Rule.OfRow) rule;
  }

  @Test
  void rulesSayWhatWasDeclared() {
    assertThat(
            List.of(
                    nullShare("text_null").atMost(0.01),
                    share("money", atLeast(0)).atLeast(0.99),
                    share("other", Condition.in("a", "b")).atMost(0.5),
                    metric("revenue").between(0, new BigDecimal("1000.50")),
                    metric("orders").atLeast(1),
                    metric("orders").atMost(9),
                    unique("whole"))
                .stream()
                .map(Rule::text))
        .containsExactly(
            "nullShare(text_null) <= 0.01",
            "share(money >= 0) >= 0.99",
            "share(other in a, b) <= 0.5",
            "revenue in [0, 1000.50]",
            "orders >= 1",
            "orders <= 9",
            "unique(whole)");
  }

  @Test
  void rulesChangeNoFingerprintAndNoColumnOfTheSpeedLayer() {
    View without = view().build();
    View with = view().expect(nullShare("text_null").atMost(0.1)).expect(unique("whole")).build();
    assertThat(with.fingerprint()).isEqualTo(without.fingerprint());
    assertThat(with.columns()).isEqualTo(without.columns()).doesNotContain("text_null");
    assertThat(with.columnsWithRules()).containsAll(with.columns()).contains("text_null");
    assertThat(with.rules()).hasSize(2);
    assertThat(with.shares()).hasSize(1);
  }

  /** Events that the view passes over are not counted; a null meets no condition but null. */
  @Test
  void sharesAreOfTheCountedEvents() {
    View view =
        view()
            .expect(nullShare("text_null").atMost(0.5))
            .expect(share("whole_null", atLeast(10)).atLeast(0.25))
            .build();
    List<TestEvent> events = new ArrayList<>();
    events.add(event(1).with("text_null", "x"));
    events.add(event(2).with("whole_null", 10L));
    events.add(event(3).with("whole_null", 9L));
    events.add(event(4).with("text_null", "x"));
    events.add(event(5).with("other", "return"));
    BoundView bound = view.bind(view.columnsWithRules());
    long[] meeting = new long[2];
    long accepted = 0;
    for (TestEvent event : events) {
      if (bound.accepts(event.row(view.columnsWithRules()))) {
        accepted++;
        bound.countShares(meeting);
      }
    }
    assertThat(accepted).isEqualTo(4);
    assertThat(meeting).containsExactly(2, 1);
    assertThat(view.shares().get(0).result(4, 2).met()).isTrue();
    assertThat(view.shares().get(0).result(4, 3).met()).isFalse();
    assertThat(view.shares().get(1).result(4, 1).met()).isTrue();
    assertThat(view.shares().get(1).result(4, 0).met()).isFalse();
    assertThat(view.shares().get(1).result(0, 0).met()).as("of nothing").isTrue();
  }

  /** What is counted in two goes is what is counted in one. */
  @Test
  void sharesAddUp() {
    Rule.Share most = (Rule.Share) nullShare("text_null").atMost(0.5);
    RuleResult before = most.result(10, 6);
    assertThat(before.met()).isFalse();
    assertThat(most.result(before, 2, 0)).isEqualTo(most.result(12, 6));
    assertThat(new Origin("etl", Duration.ZERO, List.of(before), OptionalLong.empty()).of(most))
        .contains(before);
    Rule other = nullShare("text_null").atMost(0.4);
    assertThat(new Origin("etl", Duration.ZERO, List.of(before), OptionalLong.empty()).of(other))
        .isEmpty();
    assertThatThrownBy(() -> ((Rule.Share) other).result(before, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** In binary floating point 0.07 of 100 is more than 7. */
  @Test
  void aLimitIsTheDecimalThatWasWritten() {
    Rule.Share most = (Rule.Share) nullShare("text_null").atMost(0.07);
    Rule.Share least = (Rule.Share) nullShare("text_null").atLeast(0.07);
    assertThat(most.result(100, 7).met()).isTrue();
    assertThat(most.result(100, 8).met()).isFalse();
    assertThat(least.result(100, 7).met()).isTrue();
    assertThat(least.result(100, 6).met()).isFalse();
  }

  @Test
  void rangesHoldTheirEnds() {
    Aggregate row = row(event(1), event(2));
    assertThat(ofRow(metric("revenue").between(5, 5)).brokenBy(row)).isEmpty();
    assertThat(ofRow(metric("revenue").atMost(4.99)).brokenBy(row)).contains("revenue is 5.00");
    assertThat(ofRow(metric("revenue").atLeast(new BigDecimal("5.01"))).brokenBy(row))
        .contains("revenue is 5.00");
    assertThat(ofRow(metric("orders").between(3, 9)).brokenBy(row)).contains("orders is 2");
    assertThat(ofRow(metric("least").atMost(1.5)).brokenBy(row)).isEmpty();
    assertThat(ofRow(metric("average").atLeast(1)).brokenBy(row)).as("only nulls").isEmpty();
    Aggregate nan = row(event(1).with("real", Double.NaN));
    assertThat(ofRow(metric("least").atLeast(0)).brokenBy(nan)).contains("least is NaN");
  }

  @Test
  void aValueThatComesTwiceBreaksUnique() {
    Rule.OfRow rule = ofRow(unique("whole"));
    assertThat(rule.brokenBy(row(event(1), event(2)))).isEmpty();
    assertThat(rule.brokenBy(row(event(1), event(2), event(1))))
        .contains("3 events have 2 different whole");
  }

  /** One value more than is counted exactly: the estimate is another number, and no reproach. */
  @Test
  void estimatesAreNotJudged() {
    TestEvent[] many =
        IntStream.rangeClosed(0, DistinctSketch.MAX_EXACT)
            .mapToObj(RuleTest::event)
            .toArray(TestEvent[]::new);
    Aggregate row = row(many);
    assertThat(row.values().get("ids")).isNotEqualTo((long) many.length);
    assertThat(ofRow(unique("whole")).brokenBy(row)).isEmpty();
  }

  @Test
  void whatCannotBeJudgedIsRefused() {
    assertRefused(nullShare("nothing").atMost(0.1), "nothing");
    assertRefused(share("text", atLeast(1)).atMost(0.1), "Cannot compare column 'text'");
    assertRefused(metric("nothing").atMost(1), "metric 'nothing', which it does not have");
    assertRefused(metric("last").atMost(1), "metric 'last' to be in a range, but it is no number");
    assertRefused(metric("greatest").atMost(1), "it is no number");
    assertRefused(metric("orders").between(2, 1), "orders in [2, 1], which no number is");
    assertRefused(unique("text"), "a metric distinct(\"text\")");
    assertRefused(unique("text_null"), "never null");
    assertThatThrownBy(() -> nullShare("text_null").atMost(1.01))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected 0 to 1");
    assertThatThrownBy(() -> metric("orders").atMost(Double.NaN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a finite number");
    assertThatThrownBy(() -> view().expect(unique("whole")).expect(unique("whole")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("twice");
  }

  private static void assertRefused(Rule rule, String message) {
    assertThatThrownBy(() -> view().expect(rule).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
