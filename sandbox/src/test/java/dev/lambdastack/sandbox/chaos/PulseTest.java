package dev.lambdastack.sandbox.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PulseTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration FRESH = Duration.ofSeconds(15);
  private static final long MOST_WAITING = 2000;

  private final Pulse pulse = new Pulse(Clock.fixed(at(60), ZoneOffset.UTC), FRESH, MOST_WAITING);

  private static Instant at(double seconds) {
    return START.plusMillis((long) (seconds * 1000));
  }

  private void answered(double second, int age, long waiting) {
    pulse.beat(Optional.of(Duration.ofSeconds(age)), at(second), waiting);
  }

  private void failed(double second) {
    pulse.beat(Optional.empty(), at(second), 0);
  }

  @Test
  void whatIsUnwellAtLooksCloseToEachOtherIsOneSpell() {
    answered(0, 1, 0);
    failed(1);
    answered(1.5, 1, 0);
    answered(2, 20, 3000);
    failed(3);

    assertThat(pulse.spellsSince(START))
        .containsExactly(new Pulse.Spell(at(1), at(3), 2, Duration.ofSeconds(20), 3000));
  }

  @Test
  void whatIsUnwellAgainLaterIsAnotherSpell() {
    failed(1);
    for (int second = 2; second < 30; second++) {
      answered(second, 1, 0);
    }
    answered(30, 16, 0);

    assertThat(pulse.spellsSince(START))
        .containsExactly(
            new Pulse.Spell(at(1), at(1), 1, Duration.ZERO, 0),
            new Pulse.Spell(at(30), at(30), 0, Duration.ofSeconds(16), 0));
    assertThat(pulse.spellsSince(at(20))).hasSize(1);
    assertThat(pulse.unwellSince(START)).isEqualTo(Duration.ofSeconds(30));
    assertThat(pulse.unwellSince(at(30))).isZero();
  }

  @Test
  void allIsWellWhereAnswersAreFreshAndEventsDoNotWait() {
    answered(20, 16, 0);
    answered(50, 15, MOST_WAITING);

    assertThat(pulse.isWellFor(Duration.ofSeconds(30))).isTrue();
    assertThat(pulse.isWellFor(Duration.ofSeconds(5))).as("nobody looked").isFalse();
    answered(51, 1, MOST_WAITING + 1);
    assertThat(pulse.isWellFor(Duration.ofSeconds(30))).isFalse();
  }
}
