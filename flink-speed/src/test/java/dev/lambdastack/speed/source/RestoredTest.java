package dev.lambdastack.speed.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.TestingPlans;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Epochs take 100 ms; partition 1 was added and counts from epoch 50 on. */
class RestoredTest {
  private static final SpeedPlan PLAN =
      TestingPlans.with(TestingPlans.from(Map.of(0, 7L, 1, 0L), 0), Map.of(0, 0L, 1, 5_000L));

  private static Optional<String> refusal(Position... positions) {
    return Restored.refusal(
        PLAN, Stream.of(positions).collect(Collectors.toMap(Position::partition, p -> p)));
  }

  @Test
  void aPartitionIsTakenInWhileItsFirstEpochIsOpen() {
    assertThat(refusal(new Position(0, 9, 5_099))).isEmpty();
    assertThat(refusal(new Position(0, 9, 5_100)))
        .contains(
            "Cannot go on from this checkpoint: partition 1 of topic orders was added and counts from epoch 50 on, which the checkpoint has passed; start with --fresh");
  }

  @Test
  void aPartitionThatIsInTheCheckpointIsNotAskedFor() {
    assertThat(refusal(new Position(0, 9, 9_000), new Position(1, 3, 8_000))).isEmpty();
  }

  @Test
  void theSourceMayBeginBeforeTheCheckpointButNotBehindIt() {
    assertThat(refusal(new Position(0, 7, 4_000))).isEmpty();
    assertThat(refusal(new Position(0, 6, 4_000)))
        .hasValueSatisfying(
            why ->
                assertThat(why)
                    .contains("partition 0: checkpoint at offset 6, published 7")
                    .contains("--fresh"));
  }
}
