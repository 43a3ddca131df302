package dev.lambdastack.sandbox.chaos;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Polls a condition until it holds or a deadline passes. */
final class Await {
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Await() {}

  /**
   * Returns once the condition is true; an exception from it counts as "not yet".
   *
   * @throws IllegalStateException when the limit has passed
   */
  static void until(String what, Duration limit, Callable<Boolean> condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Exception last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        last = e;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "%s did not come within %d s".formatted(what, limit.toSeconds()), last);
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }
}
