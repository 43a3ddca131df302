package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class TimeArgumentTest {
  @ParameterizedTest
  @CsvSource({
    "2026-01-31, 2026-01-31T00:00:00Z",
    "2026-01-31T12:00:00Z, 2026-01-31T12:00:00Z",
    "2026-01-31T12:00Z, 2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00.123+02:00, 2026-01-31T10:00:00.123Z",
    "-0001-01-31, -0001-01-31T00:00:00Z",
  })
  void instantsAndDates(String text, Instant time) {
    assertThat(new TimeArgument().convert(text)).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterday",
        "2026",
        "2026-1-31",
        "2026-02-30",
        "2026-01-31T12:00:00",
        "1769860800",
        "2026-01-31 12:00:00Z"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> new TimeArgument().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("2026-01-31T12:00:00Z")
        .hasMessageContaining("'" + text + "'");
  }
}
