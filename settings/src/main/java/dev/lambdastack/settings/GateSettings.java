package dev.lambdastack.settings;

/**
 * What a version must pass before it is published.
 *
 * @param maxShrink which share of the rows it may lack, compared with the one that answers; 0 to 1
 * @param maxGrowth how many times the rows of the one that answers it may have; at least 1
 * @param drift whether it is compared with the one that answers and the speed layer
 * @param maxDrift how many rows may differ then
 */
public record GateSettings(double maxShrink, long maxGrowth, boolean drift, long maxDrift) {
  static GateSettings of(Values values) {
    return new GateSettings(
        values.share("lambda.gate.max-shrink"),
        values.number("lambda.gate.max-growth", 1, 1_000_000_000L),
        values.flag("lambda.gate.drift"),
        values.number("lambda.gate.max-drift", 0, Long.MAX_VALUE));
  }
}
