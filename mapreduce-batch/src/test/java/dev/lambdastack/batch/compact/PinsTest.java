package dev.lambdastack.batch.compact;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PinsTest {
  private static final Instant ENDED = Instant.parse("2026-01-31T12:00:00Z");

  /** Added by manifest 3, in the dataset after 3 and 4, gone after 5. */
  private static final FileLife LIFE = new FileLife(3, Optional.of(5L), Optional.of(ENDED));

  private static boolean version(long sequence) {
    return new Pins(Set.of(sequence), Set.of()).hold(LIFE);
  }

  private static boolean lease(long sequence) {
    return new Pins(Set.of(), Set.of(sequence)).hold(LIFE);
  }

  @Test
  void aVersionHoldsWhatItWasComputedFrom() {
    assertThat(version(2)).isFalse();
    assertThat(version(3)).isTrue();
    assertThat(version(4)).isTrue();
    assertThat(version(5)).isFalse();
  }

  /** The run that holds it may have looked at the contents later than it took the lease. */
  @Test
  void aLeaseHoldsWhatWasThereThenOrLater() {
    assertThat(lease(2)).isTrue();
    assertThat(lease(4)).isTrue();
    assertThat(lease(5)).isFalse();
    assertThat(new Pins(Set.of(), Set.of()).hold(LIFE)).isFalse();
  }

  @Test
  void aLifeIsOverForSomeTime() {
    assertThat(LIFE.endedBefore(ENDED)).isTrue();
    assertThat(LIFE.endedBefore(ENDED.minusMillis(1))).isFalse();
    assertThat(new FileLife(3, Optional.empty(), Optional.empty()).endedBefore(ENDED)).isFalse();
  }
}
