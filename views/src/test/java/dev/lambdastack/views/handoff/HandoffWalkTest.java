package dev.lambdastack.views.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random walks over the rules of the hand-off. With all rules kept every answer is the truth or is
 * refused; with any one of them broken some answer is wrong.
 */
class HandoffWalkTest {
  private static final int STEPS = 500;
  private static final int STEPS_BETWEEN_READS = 10;

  /** What is wrong on the walk of this seed. */
  private static Optional<String> walk(long seed, Optional<WalkRule> broken, WalkCounts counts) {
    WalkWorld world = new WalkWorld(seed, broken, counts);
    for (int step = 1; step <= STEPS; step++) {
      try {
        world.step();
        if (step % STEPS_BETWEEN_READS == 0) {
          world.readCaughtUp();
        }
      } catch (IllegalStateException e) {
        throw new AssertionError(String.format(Locale.ROOT, "seed %d step %d", seed, step), e);
      }
      if (world.wrong().isPresent()) {
        return Optional.of(
            String.format(Locale.ROOT, "seed %d step %d: %s", seed, step, world.wrong().get()));
      }
    }
    return Optional.empty();
  }

  @Test
  void everyAnswerIsTheTruthOrIsRefused() {
    WalkCounts counts = new WalkCounts();
    long seeds = 0;
    while (counts.of("reads equal to the truth") < 20_000) {
      assertThat(walk(seeds++, Optional.empty(), counts)).isEmpty();
    }
    System.out.printf("walks of seeds 0 to %d:%n%s", seeds - 1, counts);
  }

  @ParameterizedTest
  @EnumSource(WalkRule.class)
  void aBrokenRuleGivesAWrongAnswer(WalkRule rule) {
    for (long seed = 0; seed < 4_000; seed++) {
      Optional<String> wrong = walk(seed, Optional.of(rule), new WalkCounts());
      if (wrong.isPresent()) {
        System.out.printf("without %s: %s%n", rule, wrong.get());
        return;
      }
    }
    throw new AssertionError("nothing went wrong without " + rule);
  }
}
