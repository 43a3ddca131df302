package dev.lambdastack.cli.produce;

import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Lets events go at an even rate. For one thread. */
final class Pace {
  private final OptionalDouble perSecond;
  private final long start = System.nanoTime();
  private long events;

  /**
   * @param perSecond events for each second; empty for no limit
   */
  Pace(OptionalDouble perSecond) {
    this.perSecond = perSecond;
  }

  /** Returns when the next event is due. */
  void await() {
    if (perSecond.isEmpty()) {
      return;
    }
    long due = (long) (events++ / perSecond.getAsDouble() * TimeUnit.SECONDS.toNanos(1));
    long left = due - (System.nanoTime() - start);
    while (left > 0) {
      LockSupport.parkNanos(left);
      left = due - (System.nanoTime() - start);
    }
  }
}
