package dev.lambdastack.speed.sink;

import java.io.IOException;
import java.time.Duration;

/**
 * Batches that were sent and not answered: bounded, and the first failure is never forgotten.
 * Thread-safe.
 */
final class InFlight {
  private final long maxBytes;
  private final int maxBatches;
  private long bytes;
  private int batches;
  private Throwable failure;

  InFlight(long maxBytes, int maxBatches) {
    this.maxBytes = maxBytes;
    this.maxBatches = maxBatches;
  }

  /** Waits until there is room for a batch and takes it; an oversized batch goes alone. */
  synchronized void begin(long size) throws IOException, InterruptedException {
    while (failure == null && batches > 0 && (batches >= maxBatches || bytes + size > maxBytes)) {
      wait();
    }
    check();
    batches++;
    bytes += size;
  }

  /**
   * A batch was answered.
   *
   * @param problem null when all of it is durable
   */
  synchronized void end(long size, Throwable problem) {
    batches--;
    bytes -= size;
    if (problem != null && failure == null) {
      failure = problem;
    }
    notifyAll();
  }

  /** Waits until every batch was answered; throws when any of them ever failed. */
  synchronized void awaitAll() throws IOException, InterruptedException {
    while (batches > 0) {
      wait();
    }
    check();
  }

  /**
   * Waits until every batch was answered, well or badly, even when interrupted; gives up after the
   * limit.
   *
   * @return whether nothing is under way any more
   */
  synchronized boolean settle(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    boolean interrupted = false;

    while (batches > 0) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }

    if (interrupted) {
      Thread.currentThread().interrupt();
    }

    return batches == 0;
  }

  synchronized void check() throws IOException {
    if (failure != null) {
      throw new IOException("Cannot write speed cells: " + failure.getMessage(), failure);
    }
  }
}
