package dev.lambdastack.cli.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static Duration events(Pace pace, int count) {
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      pace.await();
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void eventsAreAtLeastAGapApart() {
    assertThat(events(new Pace(OptionalDouble.of(200)), 41)).isGreaterThan(Duration.ofMillis(199));
  }

  @Test
  void aStallIsMadeUpForByATenthOfASecondOnly() throws Exception {
    Pace pace = new Pace(OptionalDouble.of(100));
    pace.await();
    // The stall itself: time has to pass for there to be one.
    Thread.sleep(400);
    assertThat(events(pace, 31)).isGreaterThan(Duration.ofMillis(189));
  }

  @Test
  void fewEventsASecondArePacedToo() {
    assertThat(events(new Pace(OptionalDouble.of(4)), 2)).isGreaterThan(Duration.ofMillis(249));
  }
}
