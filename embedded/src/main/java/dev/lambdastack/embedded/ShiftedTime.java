package dev.lambdastack.embedded;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;

/**
 * A broker's wall clock that stands off the system's by a shift, which may change at any time, also
 * backwards. Elapsed time ({@link #nanoseconds}, sleeps, waits) is the system's and never jumps.
 * Thread-safe.
 */
final class ShiftedTime implements Time {
  private final AtomicLong shiftMillis = new AtomicLong();

  void shiftTo(Duration shift) {
    shiftMillis.set(shift.toMillis());
  }

  Duration shift() {
    return Duration.ofMillis(shiftMillis.get());
  }

  @Override
  public long milliseconds() {
    return System.currentTimeMillis() + shiftMillis.get();
  }

  @Override
  public long nanoseconds() {
    return System.nanoTime();
  }

  @Override
  public void sleep(long millis) {
    Time.SYSTEM.sleep(millis);
  }

  /** Waits until the condition holds or this clock reaches the deadline. */
  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMillis)
      throws InterruptedException {
    synchronized (object) {
      while (!condition.get()) {
        long left = deadlineMillis - milliseconds();
        if (left <= 0) {
          throw new TimeoutException("Condition not satisfied before deadline");
        }
        // The clock may be shifted past the deadline while we wait, so look at it now and then.
        object.wait(Math.min(left, 100));
      }
    }
  }
}
