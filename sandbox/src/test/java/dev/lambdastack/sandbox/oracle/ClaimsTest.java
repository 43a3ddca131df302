package dev.lambdastack.sandbox.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Provenance;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Three purchases of one minute, appended a second after the other. */
final class ClaimsTest {
  private static final Instant MINUTE = Instant.parse("2024-02-20T08:00:00Z");
  private static final Instant APPENDED = Instant.parse("2026-01-01T00:00:00Z");

  private final Claims claims =
      new Claims(
          "x_",
          List.of(
              new Claims.Sent(0, APPENDED, event(1)),
              new Claims.Sent(1, APPENDED.plusSeconds(1), event(2)),
              new Claims.Sent(2, APPENDED.plusSeconds(2), event(2))));

  private static ShopEvent event(long customer) {
    return new ShopEvent(
        1,
        customer,
        1,
        "Bread",
        1,
        ShopEvent.Action.PURCHASE,
        1,
        new BigDecimal("1.50"),
        MINUTE.plusSeconds(5));
  }

  private static MergedRow row(long events, String amount, long customers) {
    return new MergedRow(
        List.of("purchase"),
        MINUTE,
        MINUTE.plusSeconds(60),
        Map.of(
            "event_count",
            events,
            "total_amount",
            new BigDecimal(amount),
            "unique_users",
            customers),
        events,
        events);
  }

  private List<Difference> wrong(long sent, Instant freshness, MergedRow... rows) {
    Provenance provenance =
        new Provenance(
            "x_action_metrics",
            Optional.empty(),
            Optional.empty(),
            0,
            Instant.EPOCH,
            freshness,
            Optional.empty(),
            freshness);
    return claims
        .judge(
            List.of(
                new Claims.Poll(
                    "x_action_metrics",
                    new Answer(null, List.of(rows), provenance, Optional.empty()),
                    sent)))
        .wrong();
  }

  @Test
  void whatLiesBetweenTheBoundsIsRight() {
    assertThat(wrong(3, APPENDED.plusMillis(1), row(1, "1.50", 1))).isEmpty();
    assertThat(wrong(3, APPENDED.plusMillis(1), row(3, "4.50", 2))).isEmpty();
    assertThat(wrong(1, APPENDED)).isEmpty();
  }

  @Test
  void moreThanWasSentIsWrong() {
    assertThat(wrong(2, APPENDED, row(3, "3.00", 2)))
        .singleElement()
        .satisfies(d -> assertThat(d.what()).isEqualTo("event_count"));
    assertThat(wrong(2, APPENDED, row(2, "4.50", 2))).hasSize(1);
    assertThat(wrong(1, APPENDED, row(1, "1.50", 2))).hasSize(1);
    assertThat(wrong(0, APPENDED, row(1, "1.50", 1)))
        .singleElement()
        .satisfies(d -> assertThat(d.what()).isEqualTo("row"));
  }

  @Test
  void lessThanIsClaimedIsWrong() {
    Instant both = APPENDED.plusMillis(1001);
    assertThat(wrong(3, both, row(2, "3.00", 2))).isEmpty();
    assertThat(wrong(3, both, row(1, "3.00", 2))).hasSize(1);
    assertThat(wrong(3, both, row(2, "1.50", 2))).hasSize(1);
    assertThat(wrong(3, both, row(2, "3.00", 1))).hasSize(1);
    assertThat(wrong(3, both))
        .singleElement()
        .satisfies(d -> assertThat(d.what()).isEqualTo("row"));
  }
}
