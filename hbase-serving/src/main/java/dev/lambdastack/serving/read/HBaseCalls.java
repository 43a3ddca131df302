package dev.lambdastack.serving.read;

import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.hbase.DoNotRetryIOException;

/**
 * Runs calls to HBase on threads of its own, so that whoever waits for one can stop waiting. A call
 * must not wait for another. Thread-safe.
 */
final class HBaseCalls implements AutoCloseable {
  private static final int THREADS = 32;

  /** A table that the published row names has gone: the row must be read again. */
  static final class TableGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    TableGoneException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private final ThreadPoolExecutor threads;

  HBaseCalls() {
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "lambda-read");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  <T> Future<T> start(Callable<T> call) {
    try {
      return threads.submit(call);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the client is closed", e);
    }
  }

  /** Starts a call that nobody waits for; not after {@link #close}, which ends everything. */
  void startIfOpen(Runnable call) {
    try {
      threads.execute(call);
    } catch (RejectedExecutionException e) {
      // the connection that the call was to tidy up goes with the client
    }
  }

  /**
   * The result of a call; gives it up when the deadline passes.
   *
   * @throws TableGoneException when its table does not exist or is being dropped
   * @throws UnavailableException when HBase has not answered in time or cannot be reached
   */
  static <T> T await(Future<T> call, Deadline deadline) throws IOException {
    try {
      return call.get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.cancel(true);
      throw new UnavailableException(
          String.format(
              Locale.ROOT,
              "HBase has not answered within %d ms (lambda.read.timeout); check that the cluster runs, ask for a shorter range or raise the limit",
              deadline.limit().toMillis()),
          e);
    } catch (InterruptedException e) {
      call.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while reading from HBase");
    } catch (ExecutionException e) {
      throw translated(e.getCause());
    }
  }

  private static IOException translated(Throwable thrown) {
    Optional<IOException> gone = HBaseFault.tableGone(thrown);
    if (gone.isPresent()) {
      return new TableGoneException(gone.get());
    }

    if (thrown instanceof DoNotRetryIOException refused) {
      return refused;
    }

    if (thrown instanceof IOException gaveUp) {
      throw new UnavailableException(
          "HBase cannot be read: %s; check that the cluster runs and try again"
              .formatted(LambdaException.rootMessage(gaveUp)),
          gaveUp);
    }

    if (thrown instanceof RuntimeException fault) {
      throw fault;
    }
    if (thrown instanceof Error error) {
      throw error;
    }

    return new IOException(thrown);
  }

  /** Interrupts what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
