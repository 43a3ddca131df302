package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

final class ShiftedTimeTest {
  private static final long TOLERANCE_MILLIS = 60_000;

  private final ShiftedTime time = new ShiftedTime();

  @Test
  void theWallClockFollowsTheShiftAndElapsedTimeDoesNot() {
    long elapsed = time.nanoseconds();
    time.shiftTo(Duration.ofHours(5));
    assertThat(time.milliseconds() - System.currentTimeMillis())
        .isCloseTo(Duration.ofHours(5).toMillis(), within());
    time.shiftTo(Duration.ofHours(-5));
    assertThat(time.milliseconds() - System.currentTimeMillis())
        .isCloseTo(Duration.ofHours(-5).toMillis(), within());
    assertThat(Duration.ofNanos(time.nanoseconds() - elapsed)).isLessThan(Duration.ofHours(1));
  }

  @Test
  void aTimerRunsOutByTheShiftedClock() {
    var timer = time.timer(Duration.ofHours(1));
    assertThat(timer.isExpired()).isFalse();
    time.shiftTo(Duration.ofHours(2));
    timer.update();
    assertThat(timer.isExpired()).isTrue();
  }

  @Test
  void aWaitEndsWhenTheConditionHolds() throws Exception {
    time.waitObject(new Object(), () -> true, 0);
  }

  @Test
  void aWaitEndsWhenTheDeadlineIsPast() {
    assertThatThrownBy(() -> time.waitObject(new Object(), () -> false, time.milliseconds() + 1))
        .isInstanceOf(TimeoutException.class);
  }

  private static org.assertj.core.data.Offset<Long> within() {
    return org.assertj.core.data.Offset.offset(TOLERANCE_MILLIS);
  }
}
