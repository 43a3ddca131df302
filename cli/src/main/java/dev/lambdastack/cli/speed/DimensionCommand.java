package dev.lambdastack.cli.speed;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.console.UntilCtrlC;
import dev.lambdastack.dimension.DimensionLoad;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda dimension}: keeps what views look up. */
@Command(
    name = "dimension",
    sortOptions = false,
    header = "Keeps a dimension, a compacted topic that views look ids up in, until Ctrl-C.",
    description = {
      "",
      "Reads the topic from its beginning into a new table, which answers as soon as it has caught up;",
      "then follows. Answers of views are joined to it when they are read, so a change shows at once,",
      "in old windows too. While it does not run, answers are joined to what it left, and say as of when.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda dimension products",
      "  lambda dimension products --once",
      "",
      "Exit codes: 0 loaded once, 2 bad input or refused, 69 a server does not answer, 70 unexpected",
      "fault, 75 a later load took over, 130 ended by Ctrl-C, 143 by kill."
    })
public final class DimensionCommand implements Callable<Integer> {
  /** How long a change that is being written may take at the end. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "<topic>",
      description = "A compacted topic that a view looks something up in.")
  private String topic;

  @Option(names = "--once", description = "Ends when the table holds what the topic holds now.")
  private boolean once;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    LambdaConfig loaded = config.load(new Configuration());
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    EventType dimension = Views.load(loader).dimension(topic);
    PrintWriter out = spec.commandLine().getOut();

    try (DimensionLoad load =
        DimensionLoad.open(dimension, SchemaStore.load(loader), loaded, Clock.systemUTC())) {
      Instant whole = load.catchUp();
      out.printf(
          Locale.ROOT,
          "Dimension %s holds what its topic held at %s: %s applied, %,d passed over (load %d)%n",
          topic,
          whole.truncatedTo(ChronoUnit.MILLIS),
          Texts.count(load.changes(), "record"),
          load.passedOver(),
          load.number());
      if (once) {
        return 0;
      }

      follow(load, out);
    }
    return 0;
  }

  private static void follow(DimensionLoad load, PrintWriter out) throws IOException {
    try (UntilCtrlC signal = UntilCtrlC.thenRun(() -> end(load))) {
      // Only now: whoever has read it may end the process.
      out.println("Following the topic until Ctrl-C.");
      out.flush();

      load.follow();
    }
  }

  private static void end(DimensionLoad load) {
    try {
      load.stop(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
