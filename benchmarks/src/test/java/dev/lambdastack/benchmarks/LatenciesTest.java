package dev.lambdastack.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  /** By its definition: at least that share is no later, and of anything sooner it is not so. */
  @Property(tries = 200)
  void aShareIsTheLeastThatSoManyDoNotExceed(
      @ForAll @Size(min = 1, max = 300) int[] nanos,
      @ForAll @IntRange(min = 1, max = 100) int percent) {
    Latencies latencies = new Latencies();
    for (int latency : nanos) {
      latencies.add(latency);
    }
    double found = latencies.millis(percent / 100.0) * 1e6;
    double within = Arrays.stream(nanos).filter(n -> n <= found + 0.5).count();
    double sooner = Arrays.stream(nanos).filter(n -> n < found - 0.5).count();
    assertThat(within * 100).isGreaterThanOrEqualTo(nanos.length * (double) percent - 1e-6);
    assertThat(sooner * 100).isLessThan(nanos.length * (double) percent);
  }

  @Test
  void holdsMoreThanItsFirstArray() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 200_000; i++) {
      latencies.add(i * 1_000_000L);
    }
    assertThat(latencies.count()).isEqualTo(200_000);
    assertThat(latencies.millis(1)).isEqualTo(200_000);
    assertThat(latencies.millis(0.5)).isEqualTo(100_000);
  }

  @Test
  void ofNothingThereIsNone() {
    assertThatThrownBy(() -> new Latencies().millis(0.5)).isInstanceOf(IllegalStateException.class);
  }
}
