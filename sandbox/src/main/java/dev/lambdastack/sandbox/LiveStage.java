package dev.lambdastack.sandbox;

import static dev.lambdastack.sandbox.Screen.count;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.sandbox.produce.Pace;
import dev.lambdastack.serving.read.LambdaClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Events flow at a steady rate, a second batch run moves the horizon meanwhile, and somebody asks
 * again and again.
 */
final class LiveStage {
  /** How long the events take at least, and for each of them besides. */
  private static final Duration LEAST = Duration.ofSeconds(15);

  private static final Duration EACH = Duration.ofNanos(150_000);

  /** The second batch run begins when this part of the events was sent. */
  private static final double SECOND_BATCH_AT = 0.35;

  /**
   * While it runs, what comes after this part is sent slowly, so that events flow until its end.
   */
  private static final double SLOW_FROM = 0.8;

  private static final double SLOWER = 0.1;
  private static final Duration POLL = Duration.ofSeconds(4);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Screen screen;
  private final Layers layers;
  private final LambdaClient client;
  private final Ledger ledger;
  private final List<ShopEvent> events;
  private final double perSecond;
  private CompletableFuture<List<String>> secondBatch;
  private boolean shown;

  LiveStage(
      Screen screen, Layers layers, LambdaClient client, Ledger ledger, List<ShopEvent> events) {
    this.screen = screen;
    this.layers = layers;
    this.client = client;
    this.ledger = ledger;
    this.events = events;
    this.perSecond =
        events.size() * 1000.0 / LEAST.plus(EACH.multipliedBy(events.size())).toMillis();
  }

  /** Returns when every answer says that it holds the last event. */
  void run(OrderProducer producer) throws Exception {
    screen.heading(
        "Live: the sales of 1998, %s a second, while a second batch run moves the horizon"
            .formatted(count(Math.round(perSecond))));

    Pace pace = Pace.start(producer, events, perSecond);
    try (Screen.Progress progress = screen.progress("events", events.size())) {
      Answers answers = new Answers(client, screen);
      String category = Showcase.category(events);
      long nextPoll = System.nanoTime();

      while (!pace.ended()) {
        Thread.sleep(PAUSE.toMillis());
        progress.at(pace.sent());
        if (secondBatch == null && pace.sent() > events.size() * SECOND_BATCH_AT) {
          startSecondBatch(progress);
        }
        pace.rate(
            isBatchRunning() && pace.sent() > events.size() * SLOW_FROM
                ? perSecond * SLOWER
                : perSecond);

        if (!isBatchRunning()) {
          showSecondBatch(progress);
        }
        if (System.nanoTime() - nextPoll > 0) {
          nextPoll = System.nanoTime() + POLL.toNanos();
          progress.say("%s", answers.soFar(category, 1998));
        }
      }

      pace.await();
      if (secondBatch == null) {
        startSecondBatch(progress);
      }
      showSecondBatch(progress);
    }

    Instant end = ledger.lastAppended();
    layers.awaitFresh(client, end);
    screen.say(
        "Production has ended: %s events are acknowledged. %.1f s after the last one every answer says that it holds all.",
        count(ledger.size()), Duration.between(end, Instant.now()).toMillis() / 1000.0);
  }

  private boolean isBatchRunning() {
    return secondBatch != null && !secondBatch.isDone();
  }

  private void startSecondBatch(Screen.Progress progress) {
    progress.say("The second batch run begins.");
    secondBatch =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return layers.batch().lines();
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
  }

  /** Waits for the second batch run if it still runs, and shows once what it did. */
  private void showSecondBatch(Screen.Progress progress) throws Exception {
    if (secondBatch != null && !shown) {
      shown = true;
      secondBatch.get().forEach(line -> progress.say("%s", line));
    }
  }
}
