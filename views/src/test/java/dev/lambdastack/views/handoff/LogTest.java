package dev.lambdastack.views.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Log time, epochs, horizons and cells. */
class LogTest {
  private static final Duration EPOCH = Duration.ofMillis(10);

  @Property
  void logTimeNeverGoesBackAndEveryRecordIsInOneEpoch(
      @ForAll List<@LongRange(min = 0, max = 200) Long> appendTimes) {
    LogTime logTime = new LogTime(0);
    long before = 0;
    long greatest = 0;
    for (long append : appendTimes) {
      greatest = Math.max(greatest, append);
      long now = logTime.advance(append);
      assertThat(now).isEqualTo(greatest).isGreaterThanOrEqualTo(before);
      assertThat(logTime.millis()).isEqualTo(now);
      Epoch epoch = Epoch.at(Instant.ofEpochMilli(now), EPOCH);
      assertThat(epoch.number()).isEqualTo(Epoch.numberAt(now, EPOCH));
      assertThat(now).isBetween(epoch.startMillis(), epoch.endMillis() - 1);
      before = now;
    }
  }

  @Test
  void epochsAreHalfOpen() {
    assertThat(Epoch.numberAt(9, EPOCH)).isZero();
    assertThat(Epoch.numberAt(10, EPOCH)).isEqualTo(1);
    Epoch epoch = new Epoch(3, EPOCH);
    assertThat(epoch.start()).isEqualTo(Instant.ofEpochMilli(30));
    assertThat(epoch.end()).isEqualTo(Instant.ofEpochMilli(40));
    assertThat(epoch).isLessThan(new Epoch(4, EPOCH));
    assertThatIllegalArgumentException().isThrownBy(() -> new Epoch(-1, EPOCH));
    assertThatIllegalArgumentException().isThrownBy(() -> new Epoch(1, Duration.ofNanos(5)));
  }

  @Test
  void everyRecordIsOnOneSideOfAHorizon() {
    Horizon horizon = new Horizon(5, Map.of(0, 7L));
    assertThat(horizon.holds(0, 6)).isTrue();
    assertThat(horizon.holds(0, 7)).isFalse();
    assertThat(horizon.holds(1, 0)).isFalse();
    assertThat(horizon.covers(4)).isTrue();
    assertThat(horizon.covers(5)).isFalse();
    assertThat(horizon.instant(EPOCH)).isEqualTo(Instant.ofEpochMilli(50));
    assertThatIllegalArgumentException().isThrownBy(() -> new Horizon(-1, Map.of()));
  }

  @Property
  void qualifiersStandInEpochOrder(
      @ForAll @LongRange(min = 0) long a, @ForAll @LongRange(min = 0) long b) {
    assertThat(
            Integer.signum(Arrays.compareUnsigned(Cell.speedQualifier(a), Cell.speedQualifier(b))))
        .isEqualTo(Long.compare(a, b));
    byte[] padded = new byte[11];
    System.arraycopy(Cell.speedQualifier(a), 0, padded, 2, 8);
    assertThat(Cell.epoch(padded, 2)).isEqualTo(a);
  }

  @Test
  void theMostCompleteTotalHasTheGreatestTimestamp() {
    assertThat(Cell.speedTimestamp(3, EPOCH, 1)).isEqualTo(41);
    assertThat(Cell.speedTimestamp(3, EPOCH, 2)).isGreaterThan(Cell.speedTimestamp(3, EPOCH, 1));
    assertThat(Cell.batchTimestamp(4, EPOCH)).isGreaterThan(Cell.batchTimestamp(3, EPOCH));
  }
}
