package dev.lambdastack.cli;

import dev.lambdastack.batch.cli.ArchiveCommand;
import dev.lambdastack.batch.cli.AuditCommand;
import dev.lambdastack.batch.cli.CleanupCommand;
import dev.lambdastack.batch.cli.CompactCommand;
import dev.lambdastack.batch.cli.DeadLettersCommand;
import dev.lambdastack.batch.cli.DiscardCommand;
import dev.lambdastack.batch.cli.PublishCommand;
import dev.lambdastack.batch.cli.RecomputeCommand;
import dev.lambdastack.batch.cli.RollbackCommand;
import dev.lambdastack.batch.cli.VersionsCommand;
import dev.lambdastack.cli.produce.ProduceCommand;
import dev.lambdastack.cli.views.ViewsCommand;
import dev.lambdastack.serving.cli.CommandRunner;
import dev.lambdastack.serving.cli.QueryCommand;
import dev.lambdastack.serving.cli.VersionProvider;
import dev.lambdastack.speed.SpeedCommand;
import dev.lambdastack.speed.alert.AlertsCommand;
import dev.lambdastack.speed.dimension.DimensionCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code lambda} command: one verb for each thing that a person does with the stack. */
@Command(
    name = "lambda",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    synopsisSubcommandLabel = "<verb>",
    header = "Views over an event log, kept by a batch layer and a speed layer, read as one.",
    commandListHeading = "%nVerbs:%n",
    subcommands = {
      ViewsCommand.class,
      ProduceCommand.class,
      SpeedCommand.class,
      DimensionCommand.class,
      AlertsCommand.class,
      ArchiveCommand.class,
      CompactCommand.class,
      AuditCommand.class,
      RecomputeCommand.class,
      PublishCommand.class,
      RollbackCommand.class,
      DeadLettersCommand.class,
      VersionsCommand.class,
      DiscardCommand.class,
      CleanupCommand.class,
      QueryCommand.class,
      HelpCommand.class
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  done",
      "   1  a check found a difference, which is shown",
      "   2  bad input or a refusal: one line says what is wrong and what to do; nothing was changed",
      "   3  held by a gate: the candidate is kept and waits for a decision",
      "  70  unexpected fault: the trace is in the log file that the message names",
      "  75  busy: another run holds what this one needs; try again later",
      "",
      "LAMBDA_LOG names the log file. Configuration: core-site.xml, hdfs-site.xml, hbase-site.xml",
      "and lambda-site.xml on the class path; -D <key=value> wins over them."
    })
public final class Lambda {
  private Lambda() {}

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new Lambda(), args));
  }
}
