package dev.lambdastack.embedded;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Polls a condition until it holds or a deadline passes. */
public final class Await {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private Await() {}

  /**
   * Returns once {@code condition} is true; an exception from it counts as "not yet".
   *
   * @throws IOException when {@code limit} has passed; the last exception of the condition is its
   *     cause
   * @throws InterruptedIOException when interrupted; the flag stays set
   */
  public static void until(String what, Duration limit, Callable<Boolean> condition)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    Exception last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (InterruptedException e) {
        throw interrupted(what);
      } catch (Exception e) {
        last = e;
      }

      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "Timed out after " + limit.toSeconds() + " s waiting for " + what, last);
      }

      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        throw interrupted(what);
      }
    }
  }

  private static InterruptedIOException interrupted(String what) {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("Interrupted while waiting for " + what);
  }
}
