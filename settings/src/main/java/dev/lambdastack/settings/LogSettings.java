package dev.lambdastack.settings;

import java.time.Duration;
import java.time.Instant;

/**
 * How both layers see a topic.
 *
 * @param epoch length of an epoch of log time
 * @param eventTimeMin earlier events are no events
 * @param tick whether a partition that is quiet may be ticked
 * @param tickTimeout how long the archive waits for its ticks to become visible
 * @param clockSkew how far clocks may differ
 */
public record LogSettings(
    Duration epoch, Instant eventTimeMin, boolean tick, Duration tickTimeout, Duration clockSkew) {
  static LogSettings of(Values values) {
    return new LogSettings(
        values.duration("lambda.epoch", Duration.ofMillis(1)),
        values.instant("lambda.event-time.min"),
        values.flag("lambda.tick"),
        values.duration("lambda.tick.timeout", Duration.ofMillis(1)),
        values.duration("lambda.clock-skew", Duration.ZERO));
  }
}
