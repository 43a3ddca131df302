package dev.lambdastack.sandbox.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.chaos.Schedule.Strike;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ScheduleTest {
  private static final Duration GAP = Duration.ofSeconds(6);
  private static final Duration OUTAGE = Duration.ofSeconds(4);
  private static final Duration REFUSAL = Duration.ofSeconds(30);

  private static Schedule of(long seed) {
    return Schedule.of(seed, GAP, OUTAGE, REFUSAL);
  }

  @Test
  void aSeedAlwaysMeansTheSame() {
    assertThat(of(7)).isEqualTo(of(7));
  }

  @Test
  void everyKindComesOnceInOrdersThatDiffer() {
    Set<List<FaultKind>> orders = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      List<FaultKind> kinds = of(seed).strikes().stream().map(Strike::kind).toList();
      assertThat(kinds).containsExactlyInAnyOrder(FaultKind.values());
      orders.add(kinds);
    }
    assertThat(orders.size()).isGreaterThan(15);
  }

  @Test
  void faultsBeginOneAfterTheOtherAndLastWithinTheirBounds() {
    for (long seed = 0; seed < 100; seed++) {
      Schedule schedule = of(seed);
      assertThat(schedule.strikes()).isSortedAccordingTo(Comparator.comparing(Strike::at));
      Duration last = Duration.ZERO;
      for (Strike strike : schedule.strikes()) {
        assertThat(strike.at().minus(last)).isBetween(Duration.ofMillis(500), GAP.plusMillis(500));
        last = strike.at();
        if (strike.kind() == FaultKind.REFUSE_WRITES) {
          assertThat(strike.lasting()).isEqualTo(REFUSAL);
        } else {
          assertThat(strike.lasting()).isBetween(Duration.ofMillis(500), OUTAGE.plusMillis(500));
        }
      }
      assertThat(schedule.batchAt()).isBetween(Duration.ZERO, last);
    }
  }
}
