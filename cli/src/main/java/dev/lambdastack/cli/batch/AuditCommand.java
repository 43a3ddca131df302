package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.audit.Audit;
import dev.lambdastack.batch.audit.AuditReport;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda audit}: is the master dataset whole, and how far is it behind the log. */
@Command(
    name = "audit",
    sortOptions = false,
    header = "Says whether a topic's master dataset is whole, and how far it is behind the log.",
    description =
        "%nArchive runs chain with no hole, add up, and are those that versions were computed from; every file is there with its length and rows; every record is archived well before retention removes it. Changes nothing.%n",
    footer = {
      "",
      "Exit codes: 0 whole, 1 a difference was found, 2 bad input, 69 a server does not answer,",
      "70 unexpected fault."
    })
public final class AuditCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "The topic.")
  private String topic;

  @Option(
      names = "--deep",
      description = "Reads every page of every file and compares its checksum.")
  private boolean deep;

  @Option(
      names = "--offline",
      description =
          "Asks neither Kafka nor HBase: says nothing of retention, and compares no run with versions.")
  private boolean offline;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}); csv has one line of totals.")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    LambdaConfig settings = config.load(new Configuration());
    AuditReport report =
        new Audit(settings, Clock.systemUTC()).run(topic, scope(), () -> versions(settings));

    AuditText.print(report, format, spec.commandLine().getOut());
    return report.isClean() ? 0 : 1;
  }

  /** Of the views over the topic that are on the class path; none where nothing is computed yet. */
  private List<Version> versions(LambdaConfig settings) throws IOException {
    Views views = Views.load(Thread.currentThread().getContextClassLoader());
    List<String> names = views.ofTopic(topic).stream().map(View::name).toList();
    List<Version> versions = new ArrayList<>();

    if (!offline && !names.isEmpty()) {
      try (Connection connection = HBaseConnector.connectForWork(settings)) {
        PublishedTable store = new PublishedTable(connection);
        for (String name : names) {
          Catalog catalog = store.catalog().of(name);
          catalog.versions().forEach(v -> versions.add(v.version()));
          versions.addAll(catalog.past());
        }
      }
    }

    return versions;
  }

  private Audit.Scope scope() {
    if (deep) {
      return offline ? Audit.Scope.DEEP_OFFLINE : Audit.Scope.DEEP;
    }
    return offline ? Audit.Scope.OFFLINE : Audit.Scope.NORMAL;
  }
}
