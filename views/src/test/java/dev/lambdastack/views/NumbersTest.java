package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NumbersTest {
  /** What {@link BigDecimal#setScale} gives where it fits, and nothing else. */
  @Property
  void exactIsWhatSetScaleGivesWhereItFits(
      @ForAll BigInteger unscaled,
      @ForAll @IntRange(min = -40, max = 40) int from,
      @ForAll @IntRange(max = 12) int scale,
      @ForAll @IntRange(min = 1, max = 40) int more) {
    BigDecimal number = new BigDecimal(unscaled, from);
    int precision = scale + more;
    BigDecimal expected = null;
    try {
      BigDecimal exact = number.setScale(scale, RoundingMode.UNNECESSARY);
      expected = exact.precision() <= precision ? exact : null;
    } catch (ArithmeticException e) {
      // None.
    }
    if (expected == null) {
      assertThatThrownBy(() -> Numbers.exact(number, scale, precision))
          .isInstanceOf(ArithmeticException.class);
    } else {
      assertThat(Numbers.exact(number, scale, precision)).isEqualTo(expected);
    }
  }

  @Test
  void whatWouldBeLongIsNeverWrittenOut() {
    for (String text : new String[] {"1e2147483647", "-7e2147483640", "1e-2147483647"}) {
      BigDecimal number = Numbers.parse(text);
      assertThatThrownBy(() -> Numbers.exact(number, 2, 18))
          .isInstanceOf(ArithmeticException.class);
    }
    assertThat(Numbers.exact(Numbers.parse("0e2147483647"), 2, 18)).isEqualTo("0.00");
    assertThatThrownBy(() -> Numbers.parse("1".repeat(1_001)))
        .isInstanceOf(NumberFormatException.class);
  }
}
