package dev.lambdastack.serving.read;

import java.time.Duration;

/** The moment by which a read must be done; by the JVM's own timer, which nobody sets back. */
record Deadline(Duration limit, long nanoTime) {
  static Deadline in(Duration limit) {
    return new Deadline(limit, System.nanoTime() + limit.toNanos());
  }

  /** Negative when it has passed. */
  long remainingNanos() {
    return nanoTime - System.nanoTime();
  }
}
