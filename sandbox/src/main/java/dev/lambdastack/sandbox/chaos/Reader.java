package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.sandbox.oracle.Claims;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Asks for all windows again and again, in a thread of its own. A read that fails while servers are
 * away is counted; what an answer says is judged later.
 */
final class Reader implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(150);

  private final LambdaClient client;
  private final List<String> views;
  private final LongSupplier sent;
  private final List<Claims.Poll> polls = new ArrayList<>();
  private final Thread thread = new Thread(this::ask, "chaos-reader");
  private long failed;
  private Throwable fault;
  private volatile boolean stopped;

  private Reader(LambdaClient client, List<String> views, LongSupplier sent) {
    this.client = client;
    this.views = views;
    this.sent = sent;
  }

  /**
   * Starts.
   *
   * @param sent how many events were given to Kafka's client
   */
  static Reader start(LambdaClient client, List<String> views, LongSupplier sent) {
    Reader reader = new Reader(client, views, sent);
    reader.thread.setDaemon(true);
    reader.thread.start();
    return reader;
  }

  private void ask() {
    try {
      while (!stopped) {
        for (String view : views) {
          poll(view);
        }
        Thread.sleep(PAUSE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      fault = e;
    }
  }

  private void poll(String view) {
    try {
      Answer answer = client.queryAll(view, Instant.MIN, Instant.MAX);
      polls.add(new Claims.Poll(view, answer, sent.getAsLong()));
    } catch (UnavailableException | IOException e) {
      // HBase is away, or too slow. A refusal is for no server to bring about.
      failed++;
    }
  }

  /** Stops; all answers. */
  List<Claims.Poll> stop() throws InterruptedException {
    close();
    if (fault != null) {
      throw new IllegalStateException("The reader ended: " + fault.getMessage(), fault);
    }
    return List.copyOf(polls);
  }

  /** How many reads failed; after {@link #stop}. */
  long failed() {
    return failed;
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
