package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.backup.Backup;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lambda backup}: what answers, and what it is computed from, to another place. */
@Command(
    name = "backup",
    sortOptions = false,
    header = "Copies the master dataset and what answers in HBase to another place.",
    description = {
      "",
      "Of each view the version that answers is copied, with its published row; dimensions and alerts",
      "too. Speed cells are not: Kafka has their events. Everything may run meanwhile. The master",
      "dataset is copied once to a place, and then what is new; a folder <id> is made for the rest.",
      "HDFS must take snapshots of lambda.master: hdfs dfsadmin -allowSnapshot <folder>.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 done, 2 bad input or refused, 69 a server does not answer, 70 unexpected fault,",
      "75 another backup is being made."
    })
public final class BackupCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "<folder>",
      description =
          "Path or URI of the folder for all backups: hdfs://<name service>/<path>, or file:///<path> on this host, which then copies alone.")
  private String to;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    Backup.Result result = new Backup(settings, Clock.systemUTC()).run(to);

    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "Backup %s: %s, %s of %s, and the master dataset%n",
        result.id(),
        Texts.count(result.views(), "published view"),
        Texts.count(result.rows(), "row"),
        Texts.count(result.tables(), "table"));
    result
        .speedAlone()
        .forEach(
            view ->
                out.printf("%s: only the speed layer answers; it has no version to copy%n", view));
    out.flush();
    return 0;
  }
}
