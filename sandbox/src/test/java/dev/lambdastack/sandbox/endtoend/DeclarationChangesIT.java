package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.speed.RunningSpeedJob;
import dev.lambdastack.views.HandoffException;
import dev.lambdastack.views.Version;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSandbox.class)
final class DeclarationChangesIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Set<String> OLD =
      Set.of("order_count", "total_revenue", "avg_order_value", "unique_customers");
  private static final Set<String> NEW =
      Set.of(
          "order_count", "total_revenue", "avg_order_value", "unique_customers", "largest_order");

  @AfterEach
  void declareAsBefore() {
    ScenarioViews.declareChanged(false);
  }

  @Test
  void answersAreByTheOldDeclarationOrByTheNewOneNeverByBoth() throws Exception {
    try (Scenario changed = Scenario.open("changed", 5)) {
      changed.produceOver(2, 200);
      changed.batch();
      try (RunningSpeedJob old = changed.layers().startSpeed()) {
        changed.produceOver(3, 200);
        changed.awaitFresh();
        changed.layers().awaitComplete(changed.client());
        try (Polls<Answer> polls = new Polls<>(() -> answer(changed))) {
          polls.await(3);
          ScenarioViews.declareChanged(true);
          String view = changed.view("daily_sales");
          changed.layers().archive();
          Version version = changed.layers().recompute(view);
          // No speed generation of the new declaration yet: a flip would mix the two.
          assertThatThrownBy(() -> changed.layers().publish(view))
              .isInstanceOf(HandoffException.class)
              .hasMessageContaining(view);
          try (RunningSpeedJob anew = changed.layers().startSpeed()) {
            awaitApplied(changed, anew);
            polls.await(3);
            publishOnceAsFresh(changed, view, polls);
            polls.await(3);
            check(polls.stop(), truth(changed), version);
            assertThat(anew.generations())
                .allMatch(
                    g -> old.generations().stream().noneMatch(o -> o.table().equals(g.table())));
          }
        }
      }
    }
  }

  /**
   * Tries again, as the refusal says, while the new generation is more than an epoch (here a
   * second) behind the old one: two jobs on a busy machine are at times.
   */
  private static void publishOnceAsFresh(Scenario scenario, String view, Polls<Answer> polls)
      throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        scenario.layers().publish(view);
        return;
      } catch (HandoffException behind) {
        if (System.nanoTime() - deadline > 0) {
          throw behind;
        }
        polls.await(1);
      }
    }
  }

  private static Answer answer(Scenario scenario) throws Exception {
    return scenario.client().queryAll(scenario.view("daily_sales"), Instant.MIN, Instant.MAX);
  }

  private static void awaitApplied(Scenario scenario, RunningSpeedJob job) throws Exception {
    try (TopicLog log =
        TopicLog.open(scenario.bootstrapServers(), LIMIT, scenario.type().topic())) {
      job.awaitApplied(log.endOffsets(), LIMIT);
      // As fresh as what answers now, give or take an epoch.
      job.awaitFreshness(scenario.ledger().lastAppended().plusMillis(1), LIMIT);
    }
  }

  private record Window(Object category, Instant day) {}

  private record Truth(long orders, BigDecimal revenue, BigDecimal largest) {
    Truth with(ShopEvent event) {
      return new Truth(orders + 1, revenue.add(event.amount()), largest.max(event.amount()));
    }
  }

  private static Map<Window, Truth> truth(Scenario scenario) {
    Map<Window, Truth> truth = new HashMap<>();
    for (Ledger.Entry entry : scenario.ledger().entries()) {
      ShopEvent event = entry.event();
      if (event.action() == Action.PURCHASE) {
        truth.compute(
            new Window(event.category(), event.time().truncatedTo(ChronoUnit.DAYS)),
            (w, before) ->
                (before == null ? new Truth(0, BigDecimal.ZERO, BigDecimal.ZERO) : before)
                    .with(event));
      }
    }
    return truth;
  }

  private static void check(List<Answer> answers, Map<Window, Truth> truth, Version version) {
    Map<String, Long> byDeclaration = new TreeMap<>();
    for (Answer answer : answers) {
      String batch = answer.provenance().version().orElseThrow().fingerprint();
      assertThat(answer.provenance().generation().orElseThrow().fingerprint()).isEqualTo(batch);
      boolean isNew = batch.equals(version.fingerprint());
      byDeclaration.merge(isNew ? "new" : "old", 1L, Long::sum);
      assertThat(answer.rows()).hasSameSizeAs(truth.keySet());
      for (MergedRow row : answer.rows()) {
        Truth expected = truth.get(new Window(row.key().get(0), row.start()));
        assertThat(row.values().keySet()).isEqualTo(isNew ? NEW : OLD);
        assertThat(row.value("order_count")).isEqualTo(expected.orders());
        assertThat((BigDecimal) row.value("total_revenue"))
            .isEqualByComparingTo(expected.revenue());
        if (isNew) {
          assertThat((BigDecimal) row.value("largest_order"))
              .isEqualByComparingTo(expected.largest());
        }
      }
    }
    System.out.printf("changed: answers by declaration %s%n", byDeclaration);
    assertThat(byDeclaration.keySet()).containsExactly("new", "old");
  }
}
