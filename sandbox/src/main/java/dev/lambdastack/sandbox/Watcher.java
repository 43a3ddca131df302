package dev.lambdastack.sandbox;

import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A reader that asks for everything again and again while versions come and go. */
final class Watcher implements AutoCloseable {
  private static final long LIMIT_NANOS = 120_000_000_000L;

  private final Revenue revenue;
  private final LambdaClient client;
  private final List<Revenue.Kind> kinds = new ArrayList<>();
  private final CompletableFuture<Void> end;
  private Answer last;
  private volatile boolean stopped;

  Watcher(LambdaClient client, Revenue revenue) {
    this.client = client;
    this.revenue = revenue;
    this.end = CompletableFuture.runAsync(this::ask, task -> new Thread(task, "watcher").start());
  }

  private void ask() {
    while (!stopped) {
      try {
        add(client.queryAll(DrillViews.VIEW, Instant.MIN, Instant.MAX));
      } catch (Exception e) {
        throw new CompletionException(e);
      }
    }
  }

  private synchronized void add(Answer answer) {
    kinds.add(revenue.kind(answer));
    last = answer;
    notifyAll();
  }

  /**
   * Waits for two answers that were asked for from now on; the last of them.
   *
   * @throws CompletionException when a read has failed
   */
  Answer next() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;

    int until;
    synchronized (this) {
      // One may have been under way already.
      until = kinds.size() + 2;
    }

    while (true) {
      if (end.isCompletedExceptionally()) {
        end.join();
      }

      synchronized (this) {
        if (kinds.size() >= until) {
          return last;
        }
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("Reads take longer than two minutes");
        }
        wait(100);
      }
    }
  }

  /** Stops; what all answers were, in their order. */
  List<Revenue.Kind> stop() {
    stopped = true;
    end.join();
    synchronized (this) {
      return List.copyOf(kinds);
    }
  }

  @Override
  public void close() {
    stopped = true;
    end.handle((done, failure) -> null).join();
  }
}
