package dev.lambdastack.sandbox.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Asks again and again, in a thread of its own, until it is told to stop. */
final class Polls<T> implements AutoCloseable {
  private final List<T> answers = new ArrayList<>();
  private final CompletableFuture<Void> end;
  private volatile boolean stopped;

  Polls(Callable<T> question) {
    end =
        CompletableFuture.runAsync(
            () -> {
              while (!stopped) {
                try {
                  add(question.call());
                } catch (Exception | AssertionError e) {
                  throw new CompletionException(e);
                }
              }
            },
            task -> new Thread(task, "polls").start());
  }

  private synchronized void add(T answer) {
    answers.add(answer);
    notifyAll();
  }

  /** Waits for so many answers from now on; ends with the failure if asking fails. */
  void await(int more) throws InterruptedException {
    long until;
    synchronized (this) {
      until = answers.size() + more;
    }
    long deadline = System.nanoTime() + 120_000_000_000L;
    while (true) {
      if (end.isCompletedExceptionally()) {
        end.join();
      }
      synchronized (this) {
        if (answers.size() >= until) {
          return;
        }
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("only " + answers.size() + " answers, not " + until);
        }
        wait(100);
      }
    }
  }

  /** Stops and gives all answers; fails if asking has failed. */
  List<T> stop() {
    stopped = true;
    end.join();
    synchronized (this) {
      return List.copyOf(answers);
    }
  }

  @Override
  public void close() {
    stopped = true;
    end.handle((done, failure) -> null).join();
  }
}
