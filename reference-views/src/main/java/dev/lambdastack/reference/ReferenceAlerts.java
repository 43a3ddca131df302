package dev.lambdastack.reference;

import static dev.lambdastack.reference.ReferenceEvents.AD_SPEND;
import static dev.lambdastack.reference.ReferenceEvents.CARD_TRANSACTIONS;
import static dev.lambdastack.reference.ReferenceEvents.SENSOR_READINGS;

import dev.lambdastack.reference.alert.BudgetExhausted;
import dev.lambdastack.reference.alert.OutsideBand;
import dev.lambdastack.reference.alert.TooFarToTravel;
import dev.lambdastack.views.AlertProvider;
import dev.lambdastack.views.AlertRule;
import java.util.List;

/** The alert rules over the events of the reference views. */
public final class ReferenceAlerts implements AlertProvider {
  @Override
  public List<AlertRule> rules() {
    return List.of(cardTooFar(), campaignExhausted(), readingOutsideBand());
  }

  /** 500 miles in 2 minutes, and whatever else is faster than a plane. */
  private static AlertRule cardTooFar() {
    return AlertRule.named("card_too_far")
        .over(CARD_TRANSACTIONS)
        .keyedBy("card")
        .reads(TooFarToTravel.COLUMNS)
        .raisedBy(1, new TooFarToTravel(600, 20));
  }

  private static AlertRule campaignExhausted() {
    return AlertRule.named("campaign_exhausted")
        .over(AD_SPEND)
        .keyedBy("campaign")
        .reads(BudgetExhausted.COLUMNS)
        .raisedBy(1, new BudgetExhausted());
  }

  /** -20 to 40 degrees Celsius. */
  private static AlertRule readingOutsideBand() {
    return AlertRule.named("reading_outside_band")
        .over(SENSOR_READINGS)
        .keyedBy("device")
        .reads("temperature")
        .raisedBy(1, new OutsideBand(-2000, 4000));
  }
}
