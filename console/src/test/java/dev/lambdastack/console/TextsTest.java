package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TextsTest {
  @Test
  void aCountHasItsNounInSingularOrPlural() {
    assertThat(Texts.count(0, "file")).isEqualTo("0 files");
    assertThat(Texts.count(1, "dead letter")).isEqualTo("1 dead letter");
    assertThat(Texts.count(2, "dead letter")).isEqualTo("2 dead letters");
    assertThat(Texts.count(1_234_567, "byte")).isEqualTo("1,234,567 bytes");
  }

  @Test
  void aDurationIsInItsTwoGreatestUnits() {
    assertThat(Texts.duration(Duration.ofNanos(1_234_567_890))).isEqualTo("1.2 s");
    assertThat(Texts.duration(Duration.ofSeconds(200))).isEqualTo("3 min 20 s");
    assertThat(Texts.duration(Duration.ofMinutes(303))).isEqualTo("5 h 3 min");
    assertThat(Texts.duration(Duration.ofHours(47))).isEqualTo("47 h");
    assertThat(Texts.duration(Duration.ofHours(98))).isEqualTo("4 d 2 h");
  }

  @Test
  void aDurationHasNoUnitThatSaysNothing() {
    assertThat(Texts.duration(Duration.ofMinutes(3))).isEqualTo("3 min");
    assertThat(Texts.duration(Duration.ofHours(30))).isEqualTo("30 h");
    assertThat(Texts.duration(Duration.ofDays(9))).isEqualTo("9 d");
  }

  @Test
  void aShareIsNeverRoundedToNothingOrToAll() {
    assertThat(Texts.percent(0)).isEqualTo("0.0 %");
    assertThat(Texts.percent(0.00001)).isEqualTo("0.1 %");
    assertThat(Texts.percent(0.99999)).isEqualTo("99.9 %");
    assertThat(Texts.percent(1)).isEqualTo("100.0 %");
  }
}
