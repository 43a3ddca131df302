package dev.lambdastack.cli.speed;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.console.UntilCtrlC;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.AlertStore.Alert;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.alert.AlertJob;
import dev.lambdastack.speed.alert.RulesLoader;
import dev.lambdastack.speed.launch.FlinkCluster;
import dev.lambdastack.views.AlertRule;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda alerts}: shows the events of a topic to the alert rules over it. */
@Command(
    name = "alerts",
    sortOptions = false,
    header = "Raises the alerts of all rules over a topic, until Ctrl-C.",
    description = {
      "",
      "Each alert goes into the table lambda:alerts and, once, onto the topic lambda.alerts.topic (alerts).",
      "Goes on from its newest checkpoint. Where there is none, or the rules changed, it begins with the",
      "oldest event that Kafka has, and leaves out the alerts that are on the topic already.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda alerts card-transactions",
      "  lambda alerts sensor-readings --cluster jobmanager:8081",
      "  lambda alerts --list",
      "",
      "Exit codes: 0 listed, or cancelled in Flink, 2 bad input or refused, 69 a server does not answer,",
      "or ended by a signal while the job was failing, 70 unexpected fault, 75 another job runs or has",
      "taken over, 130 ended by Ctrl-C, 143 by kill."
    })
public final class AlertsCommand implements Callable<Integer> {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "<topic>",
      description = "The topic of the events; all rules over it are asked.")
  private String topic;

  @Option(
      names = "--cluster",
      paramLabel = "<host:port>",
      description =
          "Submits to the Flink session cluster with this REST endpoint; else runs in this process.")
  private String cluster;

  @Option(
      names = "--list",
      description =
          "Lists the alerts that were raised, of all topics unless one is named, and ends.")
  private boolean list;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description = "With --list: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws Exception {
    if (topic == null && !list) {
      throw new ParameterException(
          spec.commandLine(), "Missing <topic>: whose events shall the rules be asked about?");
    }

    LambdaConfig loaded = config.load(new Configuration());
    if (list) {
      list(loaded);
      return 0;
    }

    Optional<StreamExecutionEnvironment> environment =
        Optional.ofNullable(cluster).map(c -> FlinkCluster.parse(c).environment());
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Starting the alert job of topic %s …%n", topic);
    out.flush();
    AlertJob job =
        AlertJob.start(
            loaded,
            topic,
            RulesLoader.FROM_CLASS_PATH,
            SchemaStore.load(Thread.currentThread().getContextClassLoader()),
            environment);

    out.println(
        job.resumedFrom()
            .map("Going on from %s"::formatted)
            .orElse("Beginning with the oldest event of topic " + topic));
    for (AlertRule rule : job.rules()) {
      out.println("  " + rule.name());
    }

    return watch(job, loaded.alerts().topic());
  }

  private int watch(AlertJob job, String alertsTopic) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();

    try (UntilCtrlC signal = UntilCtrlC.thenRun(() -> JobEnds.endBySignal(List.of(job)))) {
      // Only now: whoever has read it may end the process.
      out.println("Alerts go to topic %s until Ctrl-C.".formatted(alertsTopic));
      out.flush();

      while (!job.hasEnded()) {
        job.news().next().stream().map(Printable::line).forEach(err::println);
        // Flink calls nobody back when a job fails and begins again: it has to be asked.
        Thread.sleep(PERIOD.toMillis());
      }
      job.awaitEnd();
      return 0;
    } finally {
      JobEnds.end(List.of(job));
    }
  }

  private void list(LambdaConfig loaded) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Connection hbase = HBaseConnector.connect(loaded)) {
      AlertStore store = new AlertStore(hbase);
      List<Alert> alerts =
          store.all().stream()
              .filter(alert -> topic == null || alert.topic().equals(topic))
              .sorted(Comparator.comparing(Alert::eventTime).thenComparing(Alert::id))
              .toList();

      Listing listing =
          new Listing(
              List.of("event_time", "rule", "key", "message", "topic", "partition", "offset"));
      for (Alert alert : alerts) {
        listing.add(
            List.of(
                alert.eventTime(),
                alert.rule(),
                alert.key(),
                alert.message(),
                alert.topic(),
                alert.partition(),
                alert.offset()));
      }

      if (format != Format.TABLE) {
        listing.print(format, out);
        return;
      }

      if (!alerts.isEmpty()) {
        listing.print(format, out);
        out.println();
      }
      out.println(Texts.count(alerts.size(), "alert"));
    }
  }
}
