package dev.lambdastack.views.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class AdoptionsTest {
  private static final Duration EPOCH = Duration.ofMinutes(10);
  private static final Instant ADOPTED = Instant.parse("2026-01-10T12:20:00Z");

  @Test
  void partitionsThatWereThereAtFirstCountFromTheirBeginning() {
    Adoptions adoptions = Adoptions.atFirst(Set.of(0, 1));
    assertThat(adoptions.partitions()).containsExactly(0, 1);
    assertThat(adoptions.floorMillis(1)).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> adoptions.floorMillis(2));
  }

  @Test
  void whatIsKnownStaysAsItIs() {
    Adoptions adopted = Adoptions.atFirst(Set.of(0, 1)).with(Set.of(0, 1, 2), ADOPTED);
    assertThat(adopted.floorMillis(1)).isZero();
    assertThat(adopted.floorMillis(2)).isEqualTo(ADOPTED.toEpochMilli());
    assertThat(adopted.with(Set.of(0, 1, 2), ADOPTED.plus(EPOCH))).isEqualTo(adopted);
  }

  /**
   * At least one whole epoch lies between, whatever clock of those that are allowed one goes by.
   */
  @Property
  void aPartitionIsAdoptedAtTheStartOfAnEpochThatNobodyHasReached(
      @ForAll @LongRange(min = 0, max = 4_000_000_000_000L) long now,
      @ForAll @LongRange(min = 0, max = 3_600_000) long skew) {
    Instant at = Adoptions.adoptedAt(Instant.ofEpochMilli(now), Duration.ofMillis(skew), EPOCH);
    assertThat(at.toEpochMilli() % EPOCH.toMillis()).isZero();
    assertThat(Duration.between(Instant.ofEpochMilli(now + skew), at)).isGreaterThan(EPOCH);
  }

  @Test
  void theirTextIsOneLineForEachPartition() {
    Adoptions adopted = Adoptions.atFirst(Set.of(0)).with(Set.of(0, 1), ADOPTED);
    assertThat(adopted.toText()).isEqualTo("0 1970-01-01T00:00:00Z\n1 2026-01-10T12:20:00Z\n");
    assertThat(Adoptions.parse(adopted.toText())).isEqualTo(adopted);
    assertThatIllegalArgumentException().isThrownBy(() -> Adoptions.parse("0\n"));
    assertThatIllegalArgumentException().isThrownBy(() -> Adoptions.parse("x 1970\n"));
  }
}
