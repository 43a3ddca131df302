package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "PT24H, 1 day",
    "PT168H, 7 days",
    "PT1H, 1 hour",
    "PT90M, 90 minutes",
    "PT1S, 1 second",
    "PT0.25S, 250 milliseconds",
    "PT36H, 36 hours"
  })
  void lengthsInWords(Duration length, String words) {
    assertThat(Durations.words(length)).isEqualTo(words);
  }
}
