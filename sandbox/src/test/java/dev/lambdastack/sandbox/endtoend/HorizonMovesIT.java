package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.oracle.Claims;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.sandbox.produce.Pace;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Readers who ask while the horizon moves. */
@ExtendWith(SharedSandbox.class)
final class HorizonMovesIT {
  /** A comparison of every window, and the batch versions before and after it. */
  private record QuietPoll(Verdict verdict, Versions before, Versions after) {}

  private record Versions(long actions, long sales) {}

  @Test
  void withoutProductionEveryAnswerIsTheTruthBeforeDuringAndAfterTheFlip() throws Exception {
    try (Scenario quiet = Scenario.open("quiet", 11)) {
      quiet.produceOver(3, 200);
      quiet.batch();
      try (RunningSpeedJob speed = quiet.layers().startSpeed()) {
        quiet.produceOver(3, 200);
        quiet.awaitFresh();
        quiet.layers().awaitComplete(quiet.client());
        try (Polls<QuietPoll> polls = new Polls<>(() -> poll(quiet))) {
          polls.await(3);
          quiet.batch();
          polls.await(3);
          List<QuietPoll> all = polls.stop();
          Versions first = new Versions(1, 1);
          Versions second = new Versions(2, 2);
          long before = all.stream().filter(p -> p.after().equals(first)).count();
          long after = all.stream().filter(p -> p.before().equals(second)).count();
          System.out.printf(
              "quiet: %d comparisons of every window: %d by version 1, %d while the flip went on, %d by version 2%n",
              all.size(), before, all.size() - before - after, after);
          assertThat(all)
              .allSatisfy(
                  p -> {
                    assertThat(p.verdict().differences()).isEmpty();
                    assertThat(p.verdict().windows()).isPositive();
                  });
          assertThat(before).isPositive();
          assertThat(after).isPositive();
        }
        speed.checkAlive();
      }
    }
  }

  private static QuietPoll poll(Scenario scenario) throws IOException {
    Versions before = versions(scenario);
    Verdict verdict = scenario.oracle().compare(scenario.client());
    return new QuietPoll(verdict, before, versions(scenario));
  }

  private static Versions versions(Scenario scenario) throws IOException {
    return new Versions(
        version(scenario.client(), scenario.view("action_metrics")),
        version(scenario.client(), scenario.view("daily_sales")));
  }

  private static long version(LambdaClient client, String view) throws IOException {
    return client.describe(view).provenance().version().orElseThrow().number();
  }

  @Test
  void withProductionNoAnswerHoldsMoreThanWasProducedOrLessThanItClaims() throws Exception {
    try (Scenario flowing = Scenario.open("flowing", 12)) {
      flowing.produceOver(2, 200);
      flowing.batch();
      try (RunningSpeedJob speed = flowing.layers().startSpeed()) {
        flowing.layers().awaitComplete(flowing.client());
        long settled = flowing.ledger().size();
        List<ShopEvent> events = flowing.shops().events(180_000);
        Pace pace = Pace.start(flowing.producer(), events, 150);
        List<Claims.Poll> all;
        try (Polls<Claims.Poll> polls = new Polls<>(() -> poll(flowing, settled, pace))) {
          polls.await(5);
          flowing.layers().awaitEpochAfter(flowing.ledger().lastAppended());
          flowing.layers().batch();
          polls.await(5);
          // So that the bounds come near each other on a machine that is far behind too.
          pace.rate(20);
          flowing.layers().awaitFresh(flowing.client(), flowing.ledger().lastAppended());
          polls.await(5);
          assertThat(pace.ended()).as("events flow until the end").isFalse();
          all = polls.stop();
        } finally {
          pace.stop();
        }
        pace.await();
        assertClaims(flowing, all);
        flowing.oracle().countAll(events.subList(0, (int) pace.sent()));
        flowing.awaitFresh();
        flowing.check("after production has ended");
        speed.checkAlive();
      }
    }
  }

  private static Claims.Poll poll(Scenario scenario, long settled, Pace pace) throws IOException {
    String view = scenario.view("action_metrics");
    Answer answer = scenario.client().queryAll(view, Instant.MIN, Instant.MAX);
    return new Claims.Poll(view, answer, settled + pace.sent());
  }

  private static void assertClaims(Scenario scenario, List<Claims.Poll> polls) {
    Claims.Judgement judgement =
        new Claims(scenario.view(""), scenario.ledger().claims()).judge(polls);
    Map<Long, Long> byVersion = new TreeMap<>();
    polls.forEach(
        p ->
            byVersion.merge(
                p.answer().provenance().version().orElseThrow().number(), 1L, Long::sum));
    System.out.printf(
        "flowing: %d polls while events flowed, by version %s; at the tightest %d events between the two bounds%n",
        polls.size(), byVersion, judgement.tightest());
    assertThat(judgement.wrong()).isEmpty();
    assertThat(byVersion.keySet()).containsExactly(1L, 2L);
    // Bounds that leave room for everything would check nothing.
    assertThat(judgement.tightest()).isLessThan(600);
  }
}
