package dev.lambdastack.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.events.ads.AdSpend;
import dev.lambdastack.events.payments.CardTransaction;
import dev.lambdastack.events.sensors.SensorReading;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.AlertRules;
import dev.lambdastack.views.BoundRule;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.Test;

class ReferenceAlertsTest {
  private static final ClassLoader LOADER = ReferenceAlertsTest.class.getClassLoader();
  private static final Instant NOON = Instant.parse("2026-01-10T12:00:00Z");

  @Test
  void areFoundLikeAUsersRules() {
    AlertRules rules = AlertRules.load(LOADER);
    assertThat(
            Stream.of("card-transactions", "ad-spend", "sensor-readings")
                .flatMap(t -> rules.ofTopic(t).stream())
                .map(AlertRule::name))
        .containsExactly("card_too_far", "campaign_exhausted", "reading_outside_band");
  }

  /** What the rule says of each event of one key; an empty text for nothing. */
  private static List<String> alerts(String topic, List<? extends IndexedRecord> events) {
    AlertRule rule = AlertRules.load(LOADER).ofTopic(topic).get(0);
    EventEncoder encoder = new EventEncoder(rule.eventType());
    EventDecoder decoder =
        new EventDecoder(SchemaStore.load(LOADER), rule.eventType(), rule.columns(), Instant.EPOCH);
    BoundRule bound = new BoundRule(rule, rule.columns());
    List<String> alerts = new ArrayList<>();
    byte[] state = null;
    for (IndexedRecord event : events) {
      DecodedEvent decoded =
          (DecodedEvent)
              decoder.decode(encoder.value(event), 0, alerts.size(), NOON.toEpochMilli());
      BoundRule.Outcome outcome = bound.next(state, decoded.row());
      state = outcome.state();
      alerts.add(outcome.alert().orElse(""));
    }
    return alerts;
  }

  private static CardTransaction use(String place, double latitude, double longitude, long second) {
    return CardTransaction.newBuilder()
        .setCard("4711")
        .setPlace(place)
        .setLatitude(latitude)
        .setLongitude(longitude)
        .setAmount(new BigDecimal("1.00"))
        .setEventTime(NOON.plusSeconds(second))
        .build();
  }

  private static CardTransaction boston(long second) {
    return use("Boston", 42.36, -71.06, second);
  }

  /** Some 610 miles from Boston. */
  private static CardTransaction raleigh(long second) {
    return use("Raleigh", 35.78, -78.64, second);
  }

  @Test
  void aCardThatTravelsFiveHundredMilesInTwoMinutesRaisesAnAlert() {
    List<String> alerts =
        alerts("card-transactions", List.of(boston(0), boston(60), raleigh(180), raleigh(240)));
    assertThat(alerts.get(2))
        .matches("used at Boston and at Raleigh, 6[01][0-9] miles away, within 120 s");
    assertThat(alerts).element(0).isEqualTo("");
    assertThat(alerts).element(1).isEqualTo("");
    assertThat(alerts).element(3).isEqualTo("");
  }

  @Test
  void aCardThatTravelsAsPeopleDoRaisesNone() {
    assertThat(alerts("card-transactions", List.of(boston(0), raleigh(2 * 3600), boston(86_400))))
        .containsOnly("");
    // Ten miles in a second: terminals' clocks differ.
    assertThat(alerts("card-transactions", List.of(boston(0), use("Quincy", 42.25, -71.0, 1))))
        .containsOnly("");
  }

  @Test
  void aUseThatComesLateIsComparedWithTheLatestAndDoesNotTakeItsPlace() {
    List<String> alerts =
        alerts("card-transactions", List.of(boston(3600), raleigh(3540), boston(3660)));
    assertThat(alerts.get(1)).endsWith("within 60 s");
    assertThat(alerts.get(2)).as("Boston, 60 s after Boston").isEmpty();
  }

  private static AdSpend spend(String amount, String budget) {
    return AdSpend.newBuilder()
        .setCampaign("spring")
        .setAmount(new BigDecimal(amount))
        .setBudget(new BigDecimal(budget))
        .setEventTime(NOON)
        .build();
  }

  @Test
  void anExhaustedBudgetIsSaidOnceAndAgainWhenItWasRaisedAndIsSpentToo() {
    assertThat(
            alerts(
                "ad-spend",
                List.of(
                    spend("60.00", "100.00"),
                    spend("39.99", "100.00"),
                    spend("0.01", "100.00"),
                    spend("5.00", "100.00"),
                    spend("5.00", "150.00"),
                    spend("40.00", "150.00"))))
        .containsExactly(
            "",
            "",
            "spent 100.00 of a budget of 100.00: stop showing its ads",
            "",
            "",
            "spent 150.00 of a budget of 150.00: stop showing its ads");
  }

  private static SensorReading reading(String temperature) {
    return SensorReading.newBuilder()
        .setDevice("d")
        .setTemperature(new BigDecimal(temperature))
        .setEventTime(NOON)
        .build();
  }

  @Test
  void aReadingThatLeavesItsBandIsSaidEachTimeItLeaves() {
    assertThat(
            alerts(
                "sensor-readings",
                Stream.of("40.00", "40.01", "41.00", "-20.00", "-20.01", "0.00", "99.00")
                    .map(ReferenceAlertsTest::reading)
                    .toList()))
        .containsExactly(
            "",
            "read 40.01, outside of -20.00 to 40.00",
            "",
            "",
            "read -20.01, outside of -20.00 to 40.00",
            "",
            "read 99.00, outside of -20.00 to 40.00");
  }
}
