package dev.lambdastack.sandbox.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.chaos.ChaosRun.Struck;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** One short seed of what {@code scripts/chaos} runs many of. */
final class ChaosIT {
  private static final long SEED = 6;

  @Test
  void whateverFailsNoAnswerIsWrong() throws Exception {
    System.out.println("chaos: seed " + SEED);
    Schedule schedule =
        Schedule.of(SEED, Duration.ofMillis(1500), Duration.ofMillis(500), Duration.ofSeconds(3));
    try (ChaosClusters clusters = ChaosClusters.start()) {
      ChaosRun.Outcome outcome =
          new ChaosRun(clusters, "chaos", SEED, schedule, System.out::println).run();
      System.out.printf(
          "chaos: %d answers, %d failed reads, oldest %s, of %d events %d between the bounds at the tightest, %s%n",
          outcome.polls(),
          outcome.failedReads(),
          outcome.oldest(),
          outcome.events(),
          outcome.claims().tightest(),
          outcome.verdict());
      assertThat(outcome.faults()).hasSameSizeAs(FaultKind.values()).allMatch(Struck::bit);
      assertThat(outcome.polls()).isGreaterThan(20);
      assertThat(outcome.claims().wrong()).isEmpty();
      // Bounds that leave room for everything would check nothing.
      assertThat(outcome.claims().tightest()).isLessThan(Math.min(1000, outcome.events() / 2));
      assertThat(outcome.verdict().differences()).isEmpty();
      assertThat(outcome.verdict().windows()).isGreaterThan(100);
      assertThat(outcome.isRight()).isTrue();
    }
  }
}
