package dev.lambdastack.sandbox;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.console.UntilCtrlC;
import dev.lambdastack.sandbox.foodmart.FoodMart;
import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/undo-drill}. */
@Command(
    name = "undo-drill",
    sortOptions = false,
    header = "A view with a wrong formula is published, undone in one command, and put right.",
    description = {
      "",
      "Starts Kafka, HDFS, HBase, MapReduce and Flink in one JVM on free ports of this machine. A",
      "reader asks for all windows all the time: it must see right answers, wrong ones, right ones,",
      "and nothing else. The master dataset must be the same before and after, byte for byte.",
      ""
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  it went as it should",
      "   1  it did not; what was seen is shown",
      "   2  bad input",
      "  70  unexpected fault: the trace is in the log file that the message names"
    })
public final class UndoDrillCommand implements Callable<Integer> {
  private static final Duration EPOCH = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;

  @Option(
      names = "--rows",
      paramLabel = "<number>",
      defaultValue = "5000",
      description = "Replays so many of FoodMart's sales at most (default: ${DEFAULT-VALUE}).")
  private int rows;

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    int exit = CommandRunner.onConsole(new UndoDrillCommand(), args);
    // Servers leave threads behind that are not daemons.
    System.exit(exit);
  }

  @Override
  public Integer call() throws Exception {
    if (rows < 2) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "Cannot replay --rows %d: expected a number of at least 2", rows));
    }

    Screen screen = new Screen(spec.commandLine().getOut(), System.console() != null);
    screen.title("The undo drill, with FoodMart's sales, in this one JVM.");
    try (Workspace workspace = Workspace.create(Path.of(System.getProperty("java.io.tmpdir")))) {
      // On Ctrl-C servers go down with the JVM; what they wrote must go too.
      try (UntilCtrlC signal = UntilCtrlC.thenRun(workspace::abandon);
          Sandbox sandbox = Sandbox.start(EPOCH)) {
        return run(screen, sandbox);
      }
    }
  }

  private int run(Screen screen, Sandbox sandbox) throws Exception {
    UndoDrill.Outcome outcome =
        new UndoDrill(sandbox, narrator(screen)).run(FoodMart.open().events(1997, rows));
    screen.heading("What the reader saw");
    screen.say("%s, in %d answers", String.join(", then ", outcome.answers()), outcome.reads());
    screen.say(
        "The master dataset %s: %d files, SHA-256 %s",
        outcome.before().equals(outcome.after()) ? "is the same, byte for byte" : "has CHANGED",
        outcome.after().files(),
        outcome.after().sha256().substring(0, 16));
    return outcome.isAsExpected() ? 0 : 1;
  }

  private static UndoDrill.Narrator narrator(Screen screen) {
    return new UndoDrill.Narrator() {
      @Override
      public void heading(String title) {
        screen.heading(title);
      }

      @Override
      public void say(String line) {
        screen.say("%s", line);
      }
    };
  }
}
