package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.console.OutputLostException;
import dev.lambdastack.sandbox.oracle.Difference;
import dev.lambdastack.views.InvalidInputException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/chaos}. */
@Command(
    name = "chaos",
    sortOptions = false,
    header = "Servers die, refuse and come back while events flow; no answer may be wrong.",
    description = {
      "",
      "Starts Kafka, HDFS with 3 DataNodes, HBase with 2 region servers and Flink with 2 TaskManagers",
      "in one JVM. Each seed has a topic and views of its own, and every kind of fault once, in an",
      "order and at times of its own. Afterwards every window is compared with plain Java over all",
      "events, and every answer that was given meanwhile with what had been sent (no more) and with",
      "what it claimed to hold (no less). A fault that hit nothing fails the seed.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  nothing was wrong",
      "   1  something was; the seed and what differs are shown",
      "   2  bad input",
      "  70  unexpected fault: the trace is in the log file that the message names"
    })
public final class ChaosCommand implements Callable<Integer> {
  private static final int MOST_SHOWN = 10;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seeds",
      paramLabel = "<number>",
      defaultValue = "3",
      description = "How many seeds, one after the other; each takes a good minute (default: 3).")
  private int seeds;

  @Option(
      names = "--seed",
      paramLabel = "<number>",
      defaultValue = "1",
      description = "The first seed (default: 1).")
  private long first;

  @Option(
      names = "--refuse-writes",
      paramLabel = "<seconds>",
      defaultValue = "30",
      description = "How long HBase refuses writes (default: 30).")
  private int refusalSeconds;

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    int exit = CommandRunner.onConsole(new ChaosCommand(), args);
    // Servers leave threads behind that are not daemons.
    System.exit(exit);
  }

  @Override
  public Integer call() throws Exception {
    if (seeds < 1) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "Cannot run --seeds %d: expected a number of at least 1", seeds));
    }
    if (refusalSeconds < 1) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot run --refuse-writes %d: expected a number of at least 1",
              refusalSeconds));
    }

    PrintWriter out = spec.commandLine().getOut();
    int wrong = 0;
    try (ChaosClusters clusters = ChaosClusters.start()) {
      for (long seed = first; seed < first + seeds; seed++) {
        wrong += run(clusters, seed, out) ? 0 : 1;
      }

      say(out, String.format(Locale.ROOT, "%d seeds, %d wrong", seeds, wrong));
    }

    return wrong == 0 ? 0 : 1;
  }

  private boolean run(ChaosClusters clusters, long seed, PrintWriter out) {
    long started = System.nanoTime();
    say(out, "seed " + seed);
    Schedule schedule =
        Schedule.of(
            seed, Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofSeconds(refusalSeconds));

    try {
      ChaosRun.Outcome outcome =
          new ChaosRun(clusters, "chaos" + seed, seed, schedule, line -> say(out, "  " + line))
              .run();
      report(outcome, out);
      say(
          out,
          String.format(
              Locale.ROOT,
              "  seed %d: %s, %.0f s",
              seed,
              outcome.isRight() ? "right" : "WRONG",
              (System.nanoTime() - started) / 1e9));
      return outcome.isRight();
    } catch (OutputLostException e) {
      throw e;
    } catch (Exception e) {
      LoggerFactory.getLogger(ChaosCommand.class).error("Seed {} failed", seed, e);
      say(out, String.format(Locale.ROOT, "  seed %d: WRONG: %s (the log has the trace)", seed, e));
      return false;
    }
  }

  private static void report(ChaosRun.Outcome outcome, PrintWriter out) {
    say(
        out,
        String.format(
            Locale.ROOT,
            "  %,d answers while events flowed (%,d reads failed while servers were away), the oldest fresh up to %.1f s before; %d values above what was sent or below what was claimed; at the tightest %,d events between the two",
            outcome.polls(),
            outcome.failedReads(),
            outcome.oldest().toMillis() / 1000.0,
            outcome.claims().wrong().size(),
            outcome.claims().tightest()));
    show(outcome.claims().wrong(), out);

    say(
        out,
        String.format(
            Locale.ROOT,
            "  %,d events, the horizon moved among the faults at attempt %d of a batch run: %s",
            outcome.events(),
            outcome.batchRuns(),
            outcome.verdict()));
    show(outcome.verdict().differences(), out);
  }

  private static void show(List<Difference> differences, PrintWriter out) {
    differences.stream().limit(MOST_SHOWN).forEach(d -> say(out, "    " + d));
  }

  private static synchronized void say(PrintWriter out, String line) {
    out.println(line);
    OutputLostException.check(out);
  }
}
