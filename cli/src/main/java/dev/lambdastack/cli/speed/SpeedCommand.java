package dev.lambdastack.cli.speed;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.UntilCtrlC;
import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.FlinkCluster;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Generation;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda speed}: keeps the speed rows of a topic's views. */
@Command(
    name = "speed",
    sortOptions = false,
    header = "Keeps the speed rows of all views of a topic, until Ctrl-C.",
    description =
        "%nEach view goes on from the newest checkpoint. Where there is none, it opens a new generation,"
            + " which takes over when it has caught up. Where its declaration changed, it opens a new"
            + " generation too, which answers once a version of the new declaration is published. Views"
            + " that a running job keeps are left to it.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda speed orders",
      "  lambda speed orders --cluster jobmanager:8081 --detached",
      "",
      "State is on the heap, or on disk: -D lambda.speed.state-backend=rocksdb",
      "A key flink.<key> sets Flink's <key>: -D flink.taskmanager.memory.managed.size=512m",
      "Exit codes: 0 left running, or cancelled in Flink, 2 bad input or refused, 69 a server does not",
      "answer, or ended by a signal while the job was failing, 70 unexpected fault, 75 another job runs",
      "or has taken over, 130 ended by Ctrl-C, 143 by kill."
    })
public final class SpeedCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "<topic>",
      description = "The Kafka topic; all views over it are kept.")
  private String topic;

  @Option(
      names = "--fresh",
      description = "Opens new generations even where a checkpoint could be gone on from.")
  private boolean fresh;

  @Option(
      names = "--restore",
      paramLabel = "<checkpoint>",
      description = "Goes on from this checkpoint or savepoint instead of the newest.")
  private String restore;

  @Option(
      names = "--cluster",
      paramLabel = "<host:port>",
      description =
          "Submits to the Flink session cluster with this REST endpoint; else runs in this process.")
  private String cluster;

  @Option(
      names = "--detached",
      description = "With --cluster: returns when the job runs, and leaves it running.")
  private boolean detached;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws Exception {
    LambdaConfig loaded = config.load(new Configuration());
    SpeedOptions options = SpeedOptions.defaults().withFresh(fresh).withRestore(restore);
    if (cluster != null) {
      FlinkCluster flink = FlinkCluster.parse(cluster);
      flink.check();
      options = options.withEnvironment(flink::environment);
    } else if (detached) {
      throw new InvalidInputException(
          "Cannot run detached in this process: give --cluster, or leave --detached out");
    }

    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    out.printf("Starting the speed job of topic %s …%n", topic);
    out.flush();

    Launch.Started started = Launch.startAll(loaded, topic, options);
    List<RunningSpeedJob> jobs = started.jobs();
    jobs.forEach(job -> tell(job, out));
    started
        .left()
        .forEach(view -> out.printf("View %s is kept by a job that was running already%n", view));

    if (detached) {
      for (RunningSpeedJob job : jobs) {
        job.awaitRunning(loaded.kafka().timeout().plusMinutes(1));
        out.println("Left running as Flink job " + job.client().getJobID());
        job.detach();
      }
      return 0;
    }

    while (true) {
      try {
        return watch(jobs, out, err);
      } catch (PartitionsAddedException e) {
        err.println(Printable.line(e.getMessage()));
        // Not those of another process, which starts again as we do.
        Set<String> ours = jobs.stream().map(RunningSpeedJob::life).collect(Collectors.toSet());
        jobs =
            Launch.startAll(
                    loaded, topic, options.withFresh(false).withRestore(null).withLives(ours))
                .jobs();
        jobs.forEach(job -> tell(job, out));
      }
    }
  }

  private int watch(List<RunningSpeedJob> jobs, PrintWriter out, PrintWriter err) throws Exception {
    try (UntilCtrlC signal = UntilCtrlC.thenRun(() -> JobEnds.endBySignal(jobs))) {
      // Only now: whoever has read it may end the process.
      out.println("Speed rows are kept until Ctrl-C; the newest checkpoint stays.");
      out.flush();

      new StatusLine(jobs, topic, Clock.systemUTC(), err, System.console() != null).watch();
      return 0;
    } finally {
      JobEnds.end(jobs);
    }
  }

  private void tell(RunningSpeedJob job, PrintWriter out) {
    out.println(
        job.resumedFrom()
            .map("Going on from %s"::formatted)
            .orElseGet(() -> "New generations (%s):".formatted(job.startedBecause())));
    for (Generation g : job.generations()) {
      out.printf(
          Locale.ROOT,
          "  %s generation %d from %s on, table %s%n",
          g.shape().name(),
          g.number(),
          coverage(g),
          g.table());
    }
  }

  private static String coverage(Generation g) {
    return g.coverage() == 0
        ? "the beginning of the log"
        : String.format(
            Locale.ROOT,
            "%s (epoch %d)",
            new Epoch(g.coverage(), g.epochLength()).start(),
            g.coverage());
  }
}
