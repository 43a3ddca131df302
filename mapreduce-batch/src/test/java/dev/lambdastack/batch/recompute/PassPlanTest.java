package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PassPlanTest {
  private static final PassPlan PLAN =
      new PassPlan(
          "run",
          "sales",
          "{\"schemas\":[]}",
          Instant.parse("2001-02-03T04:05:06.789Z"),
          1_234_567_890_123L,
          Optional.of(Map.of(0, 7L, 11, 1L << 40)),
          List.of(
              new PassPlan.ViewPlan(
                  "a", "fa", List.of(new byte[0], new byte[] {1, -1}), Optional.empty()),
              new PassPlan.ViewPlan(
                  "b",
                  "fb",
                  List.of(new byte[0]),
                  Optional.of(
                      new PassPlan.Increment(
                          Map.of(0, 5L), TimeRanges.of(-10, -5, 0, 1L << 50))))));

  @Test
  void comesBackFromItsJson() throws Exception {
    PassPlan back = PassPlan.fromJson(PLAN.toJson());
    assertThat(new String(back.toJson(), StandardCharsets.UTF_8))
        .isEqualTo(new String(PLAN.toJson(), StandardCharsets.UTF_8));
    assertThat(back.eventTimeMin()).isEqualTo(PLAN.eventTimeMin());
    assertThat(back.before()).isEqualTo(PLAN.before());
    assertThat(back.views().get(0).regionStarts().get(1)).containsExactly(1, -1);
    assertThat(back.views().get(1).increment()).isEqualTo(PLAN.views().get(1).increment());
  }

  @Test
  void reducersAreTheRegionsOfAllViews() {
    assertThat(PLAN.reducers()).isEqualTo(3);
    assertThat(Arrays.stream(new int[] {0, 1, 2}).map(PLAN::viewOfReducer))
        .containsExactly(0, 0, 1);
  }

  @Test
  void aViewThatNeedsAllTimesMakesThePassReadAll() {
    assertThat(PLAN.times()).isEmpty();
    PassPlan incremental =
        new PassPlan(
            "run", "sales", "", Instant.EPOCH, 1, Optional.empty(), List.of(PLAN.views().get(1)));
    assertThat(incremental.times()).hasValue(TimeRanges.of(-10, -5, 0, 1L << 50));
    assertThat(incremental.needsCoordinates()).isTrue();
  }

  @Test
  void whatIsOldFollowsFromTheOffset() {
    PassPlan.Increment increment = PLAN.views().get(1).increment().orElseThrow();
    assertThat(increment.isOld(0, 4)).isTrue();
    assertThat(increment.isOld(0, 5)).isFalse();
    assertThat(increment.isOld(1, 0)).isFalse();
  }
}
