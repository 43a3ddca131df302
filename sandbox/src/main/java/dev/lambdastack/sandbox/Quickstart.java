package dev.lambdastack.sandbox;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/quickstart}. */
@Command(
    name = "quickstart",
    sortOptions = false,
    header = "The whole architecture in one JVM, on public data.",
    description = {
      "",
      "Starts Kafka, HDFS, HBase, MapReduce and Flink on free ports of this machine, replays the sales",
      "of FoodMart (a public retail data set) through both layers while the horizon between them moves,",
      "and compares every merged answer with a plain recomputation from the source rows.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  every window is equal",
      "   1  some are not; they are shown",
      "   2  bad input",
      "  70  unexpected fault: the trace is in the log file that the message names",
      "",
      "QUICKSTART_LOG names the log file, QUICKSTART_HEAP the heap (3g)."
    })
public final class Quickstart implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--rows",
      paramLabel = "<number>",
      description = "Replays at most so many sales of each year; default: all.")
  private int rows = Integer.MAX_VALUE;

  @Option(
      names = "--keep",
      description = "Stays up after the comparison and prints how to query it, until Ctrl-C.")
  private boolean keep;

  @Option(
      names = "--topic",
      paramLabel = "<name>",
      description = "Makes this topic too, for events of your own; may be given again.")
  private List<String> topics = List.of();

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    int exit = CommandRunner.onConsole(new Quickstart(), args);
    // Servers leave threads behind that are not daemons.
    System.exit(exit);
  }

  @Override
  public Integer call() throws Exception {
    if (rows < 1) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "Cannot replay --rows %d: expected a number of at least 1", rows));
    }

    for (String topic : topics) {
      if (!topic.matches("[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}")
          || ReferenceEvents.ORDERS.topic().equals(topic)) {
        throw new InvalidInputException(
            "Cannot make --topic %s: expected 1 to 200 letters, digits, dots, dashes or underscores, a letter or digit first, and another name than %s"
                .formatted(topic, ReferenceEvents.ORDERS.topic()));
      }
    }

    Screen screen = new Screen(spec.commandLine().getOut(), System.console() != null);
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (Workspace workspace = Workspace.create(temporary)) {
      return new Tour(screen, workspace, rows, keep, topics).run();
    }
  }
}
