package dev.lambdastack.settings;

/**
 * What an alert job does with alerts.
 *
 * @param topic that they go to
 */
public record AlertsSettings(String topic) {
  static AlertsSettings of(Values values) {
    return new AlertsSettings(values.text("lambda.alerts.topic"));
  }
}
