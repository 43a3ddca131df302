package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** That records are stamped by the shifted clock is for {@link EmbeddedKafkaIT}. */
final class ShiftedTimeTest {
  private static final long TOLERANCE_MILLIS = 60_000;

  private final ShiftedTime time = new ShiftedTime();

  @Test
  void whoDoesNotStampRecordsGoesByTheSystemsClock() {
    long elapsed = time.nanoseconds();
    time.shiftTo(Duration.ofHours(5));
    assertThat(time.milliseconds() - System.currentTimeMillis())
        .isBetween(-TOLERANCE_MILLIS, TOLERANCE_MILLIS);
    assertThat(Duration.ofNanos(time.nanoseconds() - elapsed)).isLessThan(Duration.ofHours(1));
    assertThat(time.shift()).isEqualTo(Duration.ofHours(5));
  }

  @Test
  void aTimerDoesNotRunOutByAShift() {
    var timer = time.timer(Duration.ofHours(1));
    time.shiftTo(Duration.ofHours(2));
    timer.update();
    assertThat(timer.isExpired()).isFalse();
  }
}
