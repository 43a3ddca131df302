package dev.lambdastack.serving.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RowKey;
import java.time.Instant;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WindowRangeTest {
  private static final byte[] PREFIX = {7, 'k', 0, 0};

  @Provide
  static Arbitrary<Instant> times() {
    Arbitrary<Instant> near =
        Combinators.combine(
                Arbitraries.longs().between(-3, 3), Arbitraries.longs().between(0, 2_000_000))
            .as((millis, nanos) -> Instant.ofEpochMilli(millis).plusNanos(nanos));
    Arbitrary<Instant> far =
        Arbitraries.of(
            Instant.MIN,
            Instant.MAX,
            Instant.ofEpochMilli(Long.MIN_VALUE),
            Instant.ofEpochMilli(Long.MIN_VALUE).minusNanos(1),
            Instant.ofEpochMilli(Long.MIN_VALUE).plusNanos(1),
            Instant.ofEpochMilli(Long.MAX_VALUE),
            Instant.ofEpochMilli(Long.MAX_VALUE).minusNanos(1),
            Instant.ofEpochMilli(Long.MAX_VALUE).plusNanos(1),
            Instant.ofEpochMilli(Long.MAX_VALUE).plusMillis(1));
    return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(3, near), net.jqwik.api.Tuple.of(1, far));
  }

  @Provide
  static Arbitrary<Long> starts() {
    return Arbitraries.oneOf(
        Arbitraries.longs().between(-6, 6),
        Arbitraries.of(Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE - 1, Long.MAX_VALUE));
  }

  @Property(tries = 5000, edgeCases = EdgeCasesMode.NONE)
  void aWindowIsInsideWhenItsStartIsAndSoIsItsRowKey(
      @ForAll("times") Instant one, @ForAll("times") Instant other, @ForAll("starts") long start) {
    Instant from = one.isBefore(other) ? one : other;
    Instant to = one.isBefore(other) ? other : one;
    WindowRange range = WindowRange.of(from, to);
    Instant window = Instant.ofEpochMilli(start);
    boolean inside = !window.isBefore(from) && window.isBefore(to);

    assertThat(range.contains(start)).isEqualTo(inside);
    if (inside) {
      assertThat(range.isEmpty()).isFalse();
    }
    if (!range.isEmpty()) {
      byte[] row = RowKey.withWindow(PREFIX, start);
      boolean scanned =
          Arrays.compareUnsigned(row, range.startRow(PREFIX)) >= 0
              && Arrays.compareUnsigned(row, range.stopRow(PREFIX)) < 0;
      assertThat(scanned).isEqualTo(inside);
    }
  }

  @Example
  void fromAfterToIsRefused() {
    assertThatThrownBy(() -> WindowRange.of(Instant.EPOCH, Instant.EPOCH.minusNanos(1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("swap");
  }
}
