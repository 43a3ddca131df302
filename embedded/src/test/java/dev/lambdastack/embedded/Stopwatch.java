package dev.lambdastack.embedded;

import java.util.concurrent.Callable;

/** Prints how long something took. */
final class Stopwatch {
  private Stopwatch() {}

  static <T> T timed(String what, Callable<T> work) throws Exception {
    long before = System.nanoTime();
    T result = work.call();
    System.out.printf("%s: %.1f s%n", what, (System.nanoTime() - before) / 1e9);
    return result;
  }
}
