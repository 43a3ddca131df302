package dev.lambdastack.sandbox.produce;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Produces events in their order at a rate that may be changed, in a thread of its own. */
public final class Pace {
  private static final long SLICE_NANOS = 5_000_000;

  private final AtomicLong sent = new AtomicLong();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private volatile double perSecond;
  private volatile boolean stopped;

  private Pace(double perSecond) {
    this.perSecond = perSecond;
  }

  /**
   * Starts.
   *
   * @param producer is this thread's alone until {@link #await} has returned; flushed at the end
   * @param perSecond events a second, more than 0
   */
  public static Pace start(OrderProducer producer, List<ShopEvent> events, double perSecond) {
    return start(producer, events.iterator(), perSecond);
  }

  /**
   * The same for events that are made as they are sent.
   *
   * @param events is the thread's alone, as the producer is
   */
  public static Pace start(OrderProducer producer, Iterator<ShopEvent> events, double perSecond) {
    Pace pace = new Pace(perSecond);
    Thread thread = new Thread(() -> pace.run(producer, events), "shops");
    thread.setDaemon(true);
    thread.start();
    return pace;
  }

  /** Changes the rate from the next event on. */
  public void rate(double eventsPerSecond) {
    perSecond = eventsPerSecond;
  }

  private void run(OrderProducer producer, Iterator<ShopEvent> events) {
    long start = System.nanoTime();
    double due = 0;

    try {
      while (events.hasNext() && !stopped) {
        while (due > System.nanoTime() - start) {
          LockSupport.parkNanos(SLICE_NANOS);
        }

        due += 1e9 / perSecond;
        // Counted before it is sent: a reader that is quick must not see more than was counted.
        sent.incrementAndGet();
        producer.send(events.next());
      }

      producer.flush();
      end.complete(null);
    } catch (IOException | RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  /** Ends before the next event. */
  public void stop() {
    stopped = true;
  }

  /** How many events were sent, or are being sent. */
  public long sent() {
    return sent.get();
  }

  /** Whether it has ended, well or badly. */
  public boolean ended() {
    return end.isDone();
  }

  /** Returns when all events that were sent are acknowledged. */
  public void await() throws IOException {
    try {
      end.join();
    } catch (CompletionException e) {
      throw new IOException("The production of events failed: " + e.getCause(), e.getCause());
    }
  }
}
