package dev.lambdastack.benchmarks;

import dev.lambdastack.views.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench incremental}: what new events cost where history is ten times as long. */
@Command(
    name = "incremental",
    sortOptions = false,
    header = "What an incremental recompute costs where history is ten times as long.",
    description = {
      "",
      "Two datasets, one of 10 dates and one of 100 (--times), archived ten dates at a time. Both get the same",
      "new events, of the last date, and take turns; recompute and publish are timed.",
      ""
    })
final class IncrementalBench implements Callable<Integer> {
  private static final int DATES = 10;

  /** How many times as long the longer history is. */
  static final int DEFAULT_TIMES = 10;

  private static final int NEW_EVENTS = 2_000;

  /** Of ten dates. */
  static final long DEFAULT_EVENTS = 500_000;

  private static final Instant LAST_DATE = Instant.parse("2024-06-30T00:00:00Z");

  @Spec private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "<number>",
      defaultValue = "" + DEFAULT_EVENTS,
      description = "About how many events of ten dates; default: ${DEFAULT-VALUE}.")
  private long events;

  @Option(
      names = "--runs",
      paramLabel = "<number>",
      defaultValue = "3",
      description = "Counted runs of each, after one that warms up; default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--times",
      paramLabel = "<number>",
      defaultValue = "" + DEFAULT_TIMES,
      description = "How many times as long the longer history is; default: ${DEFAULT-VALUE}.")
  private int times;

  @Override
  public Integer call() throws Exception {
    if (times < 2) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot compare with a history of %d times: expected at least 2",
              times));
    }
    Figures figures = new Figures(spec.commandLine().getOut());
    measure(figures, events, times, runs);
    return 0;
  }

  /**
   * Measures, and prints the ratio.
   *
   * @param events of ten dates
   * @param times how many times as long the longer history is
   */
  static void measure(Figures figures, long events, int times, int runs) throws Exception {
    String once = String.format(Locale.ROOT, "after %d dates", DATES);
    String longer = String.format(Locale.ROOT, "after %d dates", DATES * times);

    try (TestBed small = TestBed.open();
        TestBed great = TestBed.open()) {
      fill(small, 1, events);
      fill(great, times, events);

      figures.say(
          "%,d new events each time, after %,d and %,d", NEW_EVENTS, events, events * times);
      for (int run = 0; run <= runs; run++) {
        figures.add(once, increment(small), NEW_EVENTS);
        figures.add(longer, increment(great), NEW_EVENTS);
      }
    }

    figures.say("incremental x%d: %.2f", times, figures.median(longer) / figures.median(once));
  }

  /** Archives so many times ten dates, the oldest first, and publishes a version of all. */
  private static void fill(TestBed bed, int times, long events) throws Exception {
    for (int i = times - 1; i >= 0; i--) {
      Instant from = LAST_DATE.minus(Duration.ofDays(DATES * (i + 1L) - 1));
      bed.send(items(events, from, Duration.ofDays(DATES)));
      bed.archive();
    }
    bed.recomputeInFull(BenchmarkViews.SUMS);
    bed.layers().publish(BenchmarkViews.SUMS);
  }

  private static LineItems items(long events, Instant from, Duration span) {
    return new LineItems((double) events / LineItems.AT_SCALE_1, from, span);
  }

  /** The seconds that new events take from the master dataset to the answers. */
  private static double increment(TestBed bed) throws Exception {
    bed.send(items(NEW_EVENTS, LAST_DATE, Duration.ofDays(1)));
    bed.archive();
    long started = System.nanoTime();
    bed.layers().recompute(BenchmarkViews.SUMS);
    bed.layers().publish(BenchmarkViews.SUMS);
    return (System.nanoTime() - started) / 1e9;
  }
}
