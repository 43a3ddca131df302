package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.OutputLostException;
import dev.lambdastack.sandbox.oracle.Difference;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code scripts/test-cluster} runs on the control node beside each fault. */
@Command(
    name = "cluster-drill",
    sortOptions = false,
    header =
        "Events flow into a cluster and readers ask, while somebody injects a fault; no answer may be wrong.",
    description = {
      "",
      "The configuration of the cluster is on the class path, as its clients have it. The views of",
      "ClusterViews and the speed job of their topic, orders-cluster, run there already. The load goes",
      "on until standard input ends, and then until all is well. A line 'fault' on standard input says",
      "that the fault begins now.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  nothing was wrong",
      "   1  something was; what differs is shown",
      "   2  bad input",
      "  69  a server did not answer for too long",
      "  70  unexpected fault: the trace is in the log file that the message names"
    })
public final class ClusterDrillCommand implements Callable<Integer> {
  private static final int MOST_SHOWN = 10;
  private static final Duration CALM = Duration.ofSeconds(10);

  @Spec private CommandSpec spec;

  @Mixin private ConfigOptions config;

  @Option(
      names = "--seed",
      paramLabel = "<number>",
      defaultValue = "1",
      description = "What the events are made by (default: 1).")
  private long seed;

  @Option(
      names = "--events",
      paramLabel = "<number>",
      defaultValue = "1000",
      description = "Events a second (default: 1000).")
  private double events;

  @Option(
      names = "--reads",
      paramLabel = "<number>",
      defaultValue = "20",
      description = "Reads a second, by four readers (default: 20).")
  private double reads;

  @Option(
      names = "--fresh-within",
      paramLabel = "<seconds>",
      defaultValue = "15",
      description = "How old an answer is at most where all is well (default: 15).")
  private long freshSeconds;

  @Option(
      names = "--patience",
      paramLabel = "<seconds>",
      defaultValue = "600",
      description = "How long anything is waited for (default: 600).")
  private long patienceSeconds;

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new ClusterDrillCommand(), args));
  }

  @Override
  public Integer call() throws Exception {
    checkPositive("--events", events);
    checkPositive("--reads", reads);
    checkPositive("--fresh-within", freshSeconds);
    checkPositive("--patience", patienceSeconds);
    LambdaConfig cluster = config.load(new Configuration());

    PrintWriter out = spec.commandLine().getOut();
    say(
        out,
        String.format(
            Locale.ROOT, "seed %d: %.0f events and %.0f reads a second", seed, events, reads));
    ClusterDrill.Load load =
        new ClusterDrill.Load(
            seed,
            events,
            reads,
            Duration.ofSeconds(freshSeconds),
            CALM,
            Duration.ofSeconds(patienceSeconds));

    ClusterDrill.Outcome outcome =
        new ClusterDrill(cluster, ClusterViews.RUN, load, line -> say(out, line))
            .run(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    report(outcome, out);

    return outcome.isRight() ? 0 : 1;
  }

  private static void checkPositive(String option, double value) {
    if (!(value > 0)) {
      throw new InvalidInputException(
          String.format(Locale.ROOT, "Cannot run %s %s: expected a number above 0", option, value));
    }
  }

  private void report(ClusterDrill.Outcome outcome, PrintWriter out) {
    say(
        out,
        String.format(
            Locale.ROOT,
            "%,d events (%.0f a second), each acknowledged; at most %,d were late",
            outcome.events(),
            outcome.eventsPerSecond(),
            outcome.mostWaited()));

    say(
        out,
        String.format(
            Locale.ROOT,
            "%,d answers (%.1f reads a second, %,d of them failed), the oldest fresh up to %.1f s before; %d values above what was sent or below what was claimed; at the tightest %,d events between the two",
            outcome.polls(),
            outcome.readsPerSecond(),
            outcome.failedReads(),
            outcome.oldest().toMillis() / 1000.0,
            outcome.claims().wrong().size(),
            outcome.claims().tightest()));
    show(outcome.claims().wrong(), out);

    say(out, "at the end " + outcome.verdict());
    show(outcome.verdict().differences(), out);

    say(
        out,
        outcome.calm()
            ? String.format(
                Locale.ROOT,
                "healthy %.1f s after the fault began",
                outcome.healthyAfter().toMillis() / 1000.0)
            : "NOT healthy after the fault");
    say(out, outcome.isRight() ? "right" : "WRONG");
  }

  private static void show(List<Difference> differences, PrintWriter out) {
    differences.stream().limit(MOST_SHOWN).forEach(d -> say(out, "  " + d));
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    OutputLostException.check(out);
  }
}
