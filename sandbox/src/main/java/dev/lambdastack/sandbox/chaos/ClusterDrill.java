package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.sandbox.oracle.Claims;
import dev.lambdastack.sandbox.oracle.Oracle;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.sandbox.produce.Pace;
import dev.lambdastack.sandbox.produce.Shops;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.UnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * Load and a judge for a cluster that runs, while somebody else injects faults into it: events
 * flow, readers ask, and every answer is held against what had been sent and what it claims.
 * Afterwards every window is compared with plain Java over all events.
 *
 * <p>The speed job of the topic runs on the cluster already. Drills on one topic come one after the
 * other; the events of each have a day of their own, so that they meet in no window.
 */
public final class ClusterDrill {
  private static final Instant FIRST_DAY = Instant.parse("2001-01-01T00:00:00Z");
  private static final Duration OPENING = Duration.ofHours(12);
  private static final Duration STEP = Duration.ofSeconds(1);
  private static final Duration LATEST = Duration.ofMinutes(10);
  private static final Duration MOST_WAITING = Duration.ofSeconds(2);

  /** As many as can wait for an answer at once. */
  private static final int READERS = 4;

  /** What somebody writes when the fault begins. */
  public static final String FAULT = "fault";

  /**
   * How much, and how patiently.
   *
   * @param freshWithin how old an answer is at most where all is well
   * @param calm how long all must have been well before and after the fault
   * @param patience how long anything is waited for
   */
  public record Load(
      long seed,
      double eventsPerSecond,
      double readsPerSecond,
      Duration freshWithin,
      Duration calm,
      Duration patience) {}

  /**
   * How it went.
   *
   * @param events how many were sent, each of them acknowledged
   * @param eventsPerSecond how many of them a second
   * @param polls answers that were given while events flowed
   * @param readsPerSecond how many reads there were a second, failed ones too
   * @param failedReads reads that failed meanwhile
   * @param oldest the greatest age that an answer gave itself
   * @param mostWaited how many events at most were due and not acknowledged
   * @param healthyAfter how long after the fault began reads failed, answers were old or events
   *     waited for the last time; zero where nobody noticed it
   * @param calm whether all was well at the end of the load
   */
  public record Outcome(
      long events,
      double eventsPerSecond,
      int polls,
      double readsPerSecond,
      long failedReads,
      Duration oldest,
      long mostWaited,
      Duration healthyAfter,
      boolean calm,
      Claims.Judgement claims,
      Verdict verdict) {
    /** Whether nothing was wrong at any time, and all was well at the end. */
    public boolean isRight() {
      return calm
          && events > 0
          && polls > 0
          && claims.wrong().isEmpty()
          && verdict.windows() > 0
          && verdict.allEqual();
    }
  }

  private final LambdaConfig config;
  private final String name;
  private final Load load;
  private final Consumer<String> narrator;
  private final Clock clock = Clock.systemUTC();
  private final Ledger ledger = new Ledger();
  private final Pulse pulse;

  /**
   * @param name of the topic and the views, as {@link ChaosViews} takes it
   * @param narrator is told what happens
   */
  public ClusterDrill(LambdaConfig config, String name, Load load, Consumer<String> narrator) {
    Configuration conf = new Configuration(config.hadoop());
    conf.set("lambda.read.timeout", "5s");
    this.config = LambdaConfig.of(conf);
    this.name = name;
    this.load = load;
    this.narrator = narrator;
    this.pulse =
        new Pulse(
            clock,
            load.freshWithin(),
            (long) (load.eventsPerSecond() * MOST_WAITING.toMillis() / 1000));
  }

  /**
   * Runs it. The load goes on until {@code signals} end, and then until all has been well for a
   * while.
   *
   * @param signals a line {@link #FAULT} says that the fault begins now
   */
  public Outcome run(BufferedReader signals) throws Exception {
    try (LambdaClient client = LambdaClient.open(config.hadoop());
        OrderProducer producer =
            new OrderProducer(config.kafka().bootstrapServers(), ChaosViews.orders(name), ledger)) {
      awaitFresh(client, clock.instant());
      Instant day = nextDay(client);
      narrator.accept("the events of this drill are of " + day);

      Shops shops = new Shops(load.seed(), STEP, LATEST, day.plus(OPENING));
      Instant began = clock.instant();
      Pace pace =
          Pace.start(producer, Stream.generate(shops::next).iterator(), load.eventsPerSecond());
      List<Reader> readers = startReaders(client, day, began, pace);
      try {
        return run(signals, client, day, began, pace, readers);
      } finally {
        pace.stop();
        for (Reader reader : readers) {
          reader.close();
        }
      }
    }
  }

  private Outcome run(
      BufferedReader signals,
      LambdaClient client,
      Instant day,
      Instant began,
      Pace pace,
      List<Reader> readers)
      throws Exception {
    awaitCalm(pace, readers);
    narrator.accept("under load");
    Instant struck = awaitSignals(signals);
    boolean calm = isCalm(pace, readers);
    for (Pulse.Spell spell : pulse.spellsSince(struck)) {
      narrator.accept(text(spell, struck));
    }

    Duration lasted = Duration.between(began, clock.instant());
    Duration healthyAfter = pulse.unwellSince(struck);
    pace.stop();
    List<Claims.Poll> polls = new ArrayList<>();
    long failed = 0;
    for (Reader reader : readers) {
      polls.addAll(reader.stop());
      failed += reader.failed();
    }
    pace.await();
    awaitFresh(client, ledger.lastAppended());

    return new Outcome(
        pace.sent(),
        perSecond(pace.sent(), lasted),
        polls.size(),
        perSecond(polls.size() + failed, lasted),
        failed,
        pulse.oldest(),
        pulse.mostWaited(),
        healthyAfter,
        calm,
        new Claims(ChaosViews.prefix(name), ledger.claims()).judge(polls),
        verdict(client, day));
  }

  private static String text(Pulse.Spell spell, Instant struck) {
    return String.format(
        Locale.ROOT,
        "unwell from %.1f to %.1f s: %,d reads failed, answers were up to %.1f s old, at most %,d events waited",
        seconds(struck, spell.from()),
        seconds(struck, spell.to()),
        spell.failed(),
        spell.oldest().toMillis() / 1000.0,
        spell.mostWaited());
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toMillis() / 1000.0;
  }

  private static double perSecond(long count, Duration time) {
    return count * 1000.0 / time.toMillis();
  }

  private List<Reader> startReaders(LambdaClient client, Instant day, Instant began, Pace pace) {
    Reader.Questions questions =
        new Reader.Questions(
            viewNames(), day, day.plus(1, ChronoUnit.DAYS), load.readsPerSecond() / READERS);

    List<Reader> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(
          Reader.start(
              client,
              questions,
              pace::sent,
              answer -> pulse.beat(answer, due(began) - ledger.size())));
    }
    return readers;
  }

  /** How many events should have been sent by now: Kafka's client may hold the sender up. */
  private long due(Instant began) {
    return (long)
        (Duration.between(began, clock.instant()).toMillis() * load.eventsPerSecond() / 1000);
  }

  private List<String> viewNames() {
    return List.of(ChaosViews.actionMetrics(name).name(), ChaosViews.dailySales(name).name());
  }

  /** Reads until the end; the moment of the fault, or of the first look where there is none. */
  private Instant awaitSignals(BufferedReader signals) throws IOException {
    Instant struck = clock.instant();
    for (String line = signals.readLine(); line != null; line = signals.readLine()) {
      if (line.equals(FAULT)) {
        struck = clock.instant();
      }
    }
    return struck;
  }

  private void awaitCalm(Pace pace, List<Reader> readers) throws IOException {
    Await.until(
        "%s in which all is well under load".formatted(load.calm()),
        load.patience(),
        () -> pulse.isWellFor(load.calm()) || isOver(pace, readers));
  }

  /** Whether all comes to be well; where it does not, there is still something to judge. */
  private boolean isCalm(Pace pace, List<Reader> readers) throws IOException {
    try {
      // What was seen before the end says nothing of the time after it.
      Instant end = clock.instant();
      Await.until(
          "%s after the fault in which all is well".formatted(load.calm()),
          load.patience(),
          () ->
              isOver(pace, readers)
                  || clock.instant().isAfter(end.plus(load.calm()))
                      && pulse.isWellFor(load.calm()));
      return pulse.isWellFor(load.calm());
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      narrator.accept(e.getMessage());
      return false;
    }
  }

  private static boolean isOver(Pace pace, List<Reader> readers) {
    return pace.ended() || readers.stream().anyMatch(Reader::ended);
  }

  /** Until every view answers, and with all that was appended up to a time. */
  private void awaitFresh(LambdaClient client, Instant time) throws IOException {
    for (String view : viewNames()) {
      Await.until(
          "an answer for view %s that is fresh up to %s".formatted(view, time),
          load.patience(),
          () -> client.describe(view).provenance().freshness().isAfter(time));
    }
  }

  /** A day that no drill has had. */
  private Instant nextDay(LambdaClient client) throws IOException {
    Instant next = FIRST_DAY;
    for (String view : viewNames()) {
      for (MergedRow row : client.queryAll(view, Instant.MIN, Instant.MAX).rows()) {
        Instant after = row.start().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
        next = after.isAfter(next) ? after : next;
      }
    }
    return next;
  }

  /** A server may still be on its way back: what is not answered is asked again. */
  private Verdict verdict(LambdaClient client, Instant day) throws IOException {
    Oracle oracle = new Oracle(ChaosViews.prefix(name));
    ledger.entries().forEach(entry -> oracle.count(entry.event()));

    long deadline = System.nanoTime() + load.patience().toNanos();
    while (true) {
      try {
        return oracle.compare(client, day, day.plus(1, ChronoUnit.DAYS));
      } catch (UnavailableException e) {
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
      }
    }
  }
}
