package dev.lambdastack.benchmarks;

import dev.lambdastack.console.CommandRunner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scripts/bench}. */
@Command(
    name = "bench",
    sortOptions = false,
    header = "Our figures beside those of peers, in one run on this machine.",
    subcommands = {
      BatchBench.class,
      IncrementalBench.class,
      ArchiveBench.class,
      SpeedBench.class,
      ScaleBench.class,
      EnginesBench.class
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  measured",
      "   1  an answer is not what the other side, or TPC-H, has",
      "   2  bad input",
      "  70  unexpected fault: the trace is in the log file that the message names"
    })
public final class Bench {
  /** What every benchmark takes. */
  static final class Options {
    @Option(
        names = "--events",
        paramLabel = "<number>",
        description = "About how many events; by default as many as the benchmark likes.")
    long events;

    @Option(
        names = "--runs",
        paramLabel = "<number>",
        defaultValue = "3",
        description = "Counted runs of each, after one that warms up; default: ${DEFAULT-VALUE}.")
    int runs;

    @Option(names = "--no-peer", description = "Leaves the peer out.")
    boolean noPeer;
  }

  private Bench() {}

  /** Runs a benchmark: where an answer is wrong, one line says so, and the exit code is 1. */
  static int judge(Figures figures, Callable<Integer> benchmark) throws Exception {
    try {
      return benchmark.call();
    } catch (WrongAnswerException e) {
      figures.say("Wrong: %s", e.getMessage());
      return 1;
    }
  }

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    int exit = CommandRunner.onConsole(new Bench(), args);
    // Servers leave threads behind that are not daemons.
    System.exit(exit);
  }
}
