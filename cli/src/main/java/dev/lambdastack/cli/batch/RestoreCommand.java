package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.backup.Restore;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lambda restore}: a backup into an empty cluster. */
@Command(
    name = "restore",
    sortOptions = false,
    header = "Brings a backup into a cluster that is empty.",
    description = {
      "",
      "Views answer as of the horizon of their version, and say so, until the speed job of their topic",
      "has caught up from there: it needs the same Kafka topic. What was broken off is run again.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 done, 2 bad input or the cluster is not empty, 69 a server does not answer,",
      "70 unexpected fault, 75 something else was published meanwhile."
    })
public final class RestoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "<folder>",
      description = "The folder that backup --to was given.")
  private String from;

  @Option(
      names = "--backup",
      paramLabel = "<id>",
      description = "Which one; by default the newest.")
  private String backup;

  @Option(
      names = "--without",
      paramLabel = "<topic>",
      description = "A topic that stays out, with its views; may be given more than once.")
  private Set<String> without = Set.of();

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    Restore.Result result = new Restore(settings).run(from, Optional.ofNullable(backup), without);

    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "Restored backup %s: the master dataset and %s%n",
        result.id(), Texts.count(result.tables(), "table"));
    for (Version version : result.versions()) {
      out.printf(
          Locale.ROOT,
          "%s: version %d answers for events appended before %s%n",
          version.shape().name(),
          version.number(),
          version.horizon().instant(version.epochLength()));
    }
    out.flush();
    return 0;
  }
}
