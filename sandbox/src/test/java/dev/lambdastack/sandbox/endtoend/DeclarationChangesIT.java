package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
            publishOnceAsFresh(changed, view);
            polls.await(3);
            check(polls.stop(), truth(changed), version, Set.of("new", "old"));
            assertThat(anew.generations())
                .allMatch(
                    g -> old.generations().stream().noneMatch(o -> o.table().equals(g.table())));
          }
        }
      }
    }
  }

  /**
   * Under load: to the new declaration, back to the old one, which the old job feeds all along, and
   * forth again; the view that did not change is the old job's until the new one takes it over.
   */
  @Test
  void rollsBackAcrossTheChangeWhileTheOldGenerationIsFed() throws Exception {
    try (Scenario scenario = Scenario.open("reverted", 6)) {
      String view = scenario.view("daily_sales");
      scenario.produceOver(1, 200);
      scenario.batch();
      RunningSpeedJob anew;
      try (RunningSpeedJob old = scenario.layers().startSpeed();
          Load load = new Load(scenario)) {
        scenario.layers().awaitComplete(scenario.client());
        try (Polls<Answer> polls = new Polls<>(() -> answer(scenario))) {
          ScenarioViews.declareChanged(true);
          scenario.layers().archive();
          Version version = scenario.layers().recompute(view);
          anew = scenario.layers().startSpeed();
          try {
            assertThat(anew.generations())
                .singleElement()
                .satisfies(g -> assertThat(g.shape().name()).isEqualTo(view));
            whenAsFresh(() -> scenario.layers().publish(view, version.number()));
            polls.await(5);
            whenAsFresh(() -> scenario.layers().rollback(view, 1));
            polls.await(5);
            whenAsFresh(() -> scenario.layers().publish(view, version.number()));
            polls.await(5);
            whenAsFresh(() -> scenario.layers().rollback(view, 1));
            polls.await(5);
            load.stop();
            awaitApplied(scenario, old);
            awaitApplied(scenario, anew);
            checkUnderLoad(polls.stop(), scenario, version);
            assertThat(scenario.client().describe(view).provenance().version())
                .hasValueSatisfying(v -> assertThat(v.number()).isEqualTo(1));
            scenario.check("rolled back across the change");
            whenAsFresh(() -> scenario.layers().publish(view, version.number()));
            check(List.of(answer(scenario)), truth(scenario), version, Set.of("new"));
          } catch (Exception | AssertionError e) {
            anew.close();
            throw e;
          }
        }
      }
      // The old job has ended: what it kept of views that did not change is gone on with.
      try (RunningSpeedJob still = anew;
          RunningSpeedJob rest = scenario.layers().startSpeed()) {
        assertThat(rest.resumedFrom()).isPresent();
        assertThat(rest.generations())
            .singleElement()
            .satisfies(
                g -> assertThat(g.shape().name()).isEqualTo(scenario.view("action_metrics")));
        scenario.produceOver(2, 200);
        scenario.awaitFresh();
        check(List.of(answer(scenario)), truth(scenario), newest(scenario, view), Set.of("new"));
        assertActionMetrics(scenario);
        // Nobody feeds the old generation any more.
        assertThatThrownBy(() -> scenario.layers().rollback(view, 1))
            .isInstanceOf(HandoffException.class)
            .hasMessageContaining(view);
        still.checkAlive();
      }
    }
  }

  private static Version newest(Scenario scenario, String view) throws Exception {
    return scenario.client().describe(view).provenance().version().orElseThrow();
  }

  private static void assertActionMetrics(Scenario scenario) throws Exception {
    Answer answer =
        scenario.client().queryAll(scenario.view("action_metrics"), Instant.MIN, Instant.MAX);
    assertThat(answer.events()).isEqualTo(scenario.ledger().size());
    BigDecimal total =
        answer.rows().stream()
            .map(row -> (BigDecimal) row.value("total_amount"))
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    assertThat(total)
        .isEqualByComparingTo(
            scenario.ledger().entries().stream()
                .map(e -> e.event().amount())
                .reduce(BigDecimal.ZERO, BigDecimal::add));
  }

  /** Produces all the time. */
  private static final class Load implements AutoCloseable {
    private final CompletableFuture<Void> end;
    private volatile boolean stopped;

    Load(Scenario scenario) {
      end =
          CompletableFuture.runAsync(
              () -> {
                try {
                  while (!stopped) {
                    scenario.produce(20);
                  }
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              },
              task -> new Thread(task, "load").start());
    }

    void stop() {
      stopped = true;
      end.join();
    }

    @Override
    public void close() {
      stop();
    }
  }

  /** No answer is of two declarations, exceeds the truth, or lacks what it claims to hold. */
  private static void checkUnderLoad(List<Answer> answers, Scenario scenario, Version anew) {
    List<Ledger.Entry> purchases =
        scenario.ledger().entries().stream()
            .filter(e -> e.event().action() == Action.PURCHASE)
            .toList();
    Map<Window, Truth> truth = truth(scenario);
    Map<String, Long> byDeclaration = new TreeMap<>();
    for (Answer answer : answers) {
      String batch = answer.provenance().version().orElseThrow().fingerprint();
      assertThat(answer.provenance().generation().orElseThrow().fingerprint()).isEqualTo(batch);
      boolean isNew = batch.equals(anew.fingerprint());
      byDeclaration.merge(isNew ? "new" : "old", 1L, Long::sum);
      long orders = 0;
      for (MergedRow row : answer.rows()) {
        Truth most = truth.get(new Window(row.key().get(0), row.start()));
        assertThat(row.values().keySet()).isEqualTo(isNew ? NEW : OLD);
        assertThat((Long) row.value("order_count")).isLessThanOrEqualTo(most.orders());
        assertThat((BigDecimal) row.value("total_revenue")).isLessThanOrEqualTo(most.revenue());
        orders += (Long) row.value("order_count");
      }
      Instant freshness = answer.provenance().freshness();
      assertThat(orders)
          .isGreaterThanOrEqualTo(
              purchases.stream().filter(e -> e.appended().isBefore(freshness)).count());
    }
    System.out.printf(
        "reverted: answers by declaration %s, %d purchases%n", byDeclaration, purchases.size());
    assertThat(byDeclaration.keySet()).containsExactly("new", "old");
  }

  /**
   * Tries again, as the refusal says, while the new generation is more than an epoch (here a
   * second) behind the old one: two jobs on a busy machine are at times.
   */
  private static void publishOnceAsFresh(Scenario scenario, String view) throws Exception {
    whenAsFresh(() -> scenario.layers().publish(view));
  }

  private static void whenAsFresh(Callable<?> flip) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        flip.call();
        return;
      } catch (HandoffException behind) {
        if (System.nanoTime() - deadline > 0) {
          throw behind;
        }
        Thread.sleep(50);
      }
    }
  }

  private static Answer answer(Scenario scenario) throws Exception {
    return scenario.client().queryAll(scenario.view("daily_sales"), Instant.MIN, Instant.MAX);
  }

  private static void awaitApplied(Scenario scenario, RunningSpeedJob job) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
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

  private static void check(
      List<Answer> answers, Map<Window, Truth> truth, Version version, Set<String> declarations) {
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
    assertThat(byDeclaration.keySet()).isEqualTo(declarations);
  }
}
