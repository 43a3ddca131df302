package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTextTest {
  private static final Instant WINDOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final ViewShape SHAPE =
      new ViewShape(
          "v",
          List.of(
              new Column("name", ColumnType.STRING, 0, false),
              new Column("price", ColumnType.DECIMAL, 2, false)),
          Duration.ofHours(1),
          16,
          List.of(),
          List.of());

  private static String text(String name) {
    return RowText.of(SHAPE, RowKey.of(SHAPE, List.of(name, new BigDecimal("100.00")), WINDOW));
  }

  @Test
  void partsOfTheKeyAndTheWindow() {
    assertThat(text("Łódź")).isEqualTo("Łódź, 100.00, 2026-01-31T12:00:00Z");
  }

  @Test
  void longPartsAreCutShort() {
    assertThat(text("\uD83D\uDE00".repeat(81)))
        .isEqualTo("\uD83D\uDE00".repeat(80) + "…, 100.00, 2026-01-31T12:00:00Z");
    assertThat(text("x".repeat(80))).startsWith("x".repeat(80) + ",");
  }
}
