package dev.lambdastack.cli.send;

import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets events go at an even rate. After a stall it makes up for a tenth of a second at most: a
 * topic that was to get a trickle never gets a flood. For one thread.
 */
final class Pace {
  private static final long MADE_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final long gapNanos;
  private long due = System.nanoTime();

  /**
   * @param perSecond events for each second, more than 0; empty for no limit
   */
  Pace(OptionalDouble perSecond) {
    this.gapNanos =
        perSecond.isEmpty()
            ? 0
            : (long) Math.ceil(TimeUnit.SECONDS.toNanos(1) / perSecond.getAsDouble());
  }

  /** Returns when the next event is due. */
  void await() {
    if (gapNanos == 0) {
      return;
    }
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    due = Math.max(due + gapNanos, System.nanoTime() - MADE_UP_NANOS);
  }
}
