package dev.lambdastack.embedded;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/**
 * A broker's clock, of which the part that stamps records stands off the system's by a shift, which
 * may change at any time, also backwards. Everything else in the broker goes by the system's clock:
 * its controller waits for deadlines by the wall clock, and would wait for as long as it was set
 * back. Thread-safe.
 */
final class ShiftedTime implements Time {
  /** Kafka's log asks for the time to stamp what it appends. */
  private static final String LOG = "org.apache.kafka.storage.internals.log.";

  /** This class, its caller, and what lies between them. */
  private static final int FRAMES = 4;

  private static final StackWalker STACK = StackWalker.getInstance();

  private final AtomicLong shiftMillis = new AtomicLong();

  void shiftTo(Duration shift) {
    shiftMillis.set(shift.toMillis());
  }

  Duration shift() {
    return Duration.ofMillis(shiftMillis.get());
  }

  @Override
  public long milliseconds() {
    long shift = shiftMillis.get();
    long now = System.currentTimeMillis();
    return shift == 0 || !isAskedByTheLog() ? now : now + shift;
  }

  private static boolean isAskedByTheLog() {
    return STACK.walk(
        frames -> frames.limit(FRAMES).anyMatch(f -> f.getClassName().startsWith(LOG)));
  }

  @Override
  public long nanoseconds() {
    return System.nanoTime();
  }

  @Override
  public void sleep(long millis) {
    Time.SYSTEM.sleep(millis);
  }

  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMillis)
      throws InterruptedException {
    Time.SYSTEM.waitObject(object, condition, deadlineMillis);
  }
}
