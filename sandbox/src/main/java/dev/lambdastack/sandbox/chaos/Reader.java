package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.sandbox.oracle.Claims;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Asks for all windows of a range again and again, one view after the other, in a thread of its
 * own. A read that fails while servers are away is counted; what an answer says is judged later.
 */
final class Reader implements AutoCloseable {
  /**
   * What is asked.
   *
   * @param from the first window's start
   * @param to the first window's start that is left out
   * @param perSecond reads a second, at most: those that were missed while one took long are not
   *     made up for
   */
  record Questions(List<String> views, Instant from, Instant to, double perSecond) {
    Questions {
      views = List.copyOf(views);
    }
  }

  private final LambdaClient client;
  private final Questions questions;
  private final LongSupplier sent;
  private final Consumer<Optional<Answer>> listener;
  private final List<Claims.Poll> polls = new ArrayList<>();
  private final Thread thread = new Thread(this::ask, "chaos-reader");
  private long failed;
  private Throwable fault;
  private volatile boolean stopped;

  private Reader(
      LambdaClient client,
      Questions questions,
      LongSupplier sent,
      Consumer<Optional<Answer>> listener) {
    this.client = client;
    this.questions = questions;
    this.sent = sent;
    this.listener = listener;
  }

  /**
   * Starts.
   *
   * @param sent how many events were given to Kafka's client
   * @param listener is told each answer, and of each read that failed, in the reader's thread
   */
  static Reader start(
      LambdaClient client,
      Questions questions,
      LongSupplier sent,
      Consumer<Optional<Answer>> listener) {
    Reader reader = new Reader(client, questions, sent, listener);
    reader.thread.setDaemon(true);
    reader.thread.start();
    return reader;
  }

  private void ask() {
    try {
      long interval = (long) (1e9 / questions.perSecond());
      long due = System.nanoTime();
      for (int i = 0; !stopped; i++) {
        poll(questions.views().get(i % questions.views().size()));

        due = Math.max(due + interval, System.nanoTime());
        while (!stopped && due > System.nanoTime()) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
      }
    } catch (RuntimeException | Error e) {
      fault = e;
    }
  }

  private void poll(String view) {
    Optional<Answer> answer = read(view);
    answer.ifPresentOrElse(
        a -> polls.add(new Claims.Poll(view, a, sent.getAsLong())), () -> failed++);
    listener.accept(answer);
  }

  private Optional<Answer> read(String view) {
    try {
      return Optional.of(client.queryAll(view, questions.from(), questions.to()));
    } catch (UnavailableException | IOException e) {
      // HBase is away, or too slow. A refusal is for no server to bring about.
      return Optional.empty();
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

  /** Whether it asks no more although nobody stopped it. */
  boolean ended() {
    return !thread.isAlive();
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    LockSupport.unpark(thread);
    thread.join();
  }
}
