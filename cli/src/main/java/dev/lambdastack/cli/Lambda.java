package dev.lambdastack.cli;

import dev.lambdastack.cli.ask.ViewsCommand;
import dev.lambdastack.cli.batch.ArchiveCommand;
import dev.lambdastack.cli.batch.AuditCommand;
import dev.lambdastack.cli.batch.CleanupCommand;
import dev.lambdastack.cli.batch.CompactCommand;
import dev.lambdastack.cli.batch.DeadLettersCommand;
import dev.lambdastack.cli.batch.DiscardCommand;
import dev.lambdastack.cli.batch.PublishCommand;
import dev.lambdastack.cli.batch.RecomputeCommand;
import dev.lambdastack.cli.batch.RollbackCommand;
import dev.lambdastack.cli.batch.VersionsCommand;
import dev.lambdastack.cli.send.ProduceCommand;
import dev.lambdastack.cli.speed.AlertsCommand;
import dev.lambdastack.cli.speed.DimensionCommand;
import dev.lambdastack.cli.speed.SpeedCommand;
import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.serving.query.QueryCommand;
import dev.lambdastack.views.InvalidInputException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Spec;

/** The {@code lambda} command: one verb for each thing that a person does with the stack. */
@Command(
    name = "lambda",
    synopsisSubcommandLabel = "<verb>",
    header = "Views over an event log, kept by a batch layer and a speed layer, read as one.",
    commandListHeading = "",
    subcommands = {
      ViewsCommand.class,
      QueryCommand.class,
      ProduceCommand.class,
      ArchiveCommand.class,
      AuditCommand.class,
      CompactCommand.class,
      DeadLettersCommand.class,
      RecomputeCommand.class,
      PublishCommand.class,
      RollbackCommand.class,
      VersionsCommand.class,
      DiscardCommand.class,
      CleanupCommand.class,
      SpeedCommand.class,
      DimensionCommand.class,
      AlertsCommand.class,
      HelpCommand.class
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "   0  done",
      "   1  a check found a difference, which is shown",
      "   2  bad input or a refusal: one line says what is wrong and what to do; what answered before",
      "      still does",
      "   3  held by a gate: the candidate is kept and waits for a decision",
      "  69  a server does not answer, be it halfway: one line says which; try again later",
      "  70  unexpected fault: the trace is in the log file that the message names",
      "  74  done, but what it says could not be written: standard output is full",
      "  75  another run was first, or holds what this one needs",
      " 141  done, but nobody read what it says to its end, as with | head",
      "",
      "LAMBDA_CONF names the folder with core-site.xml, hbase-site.xml and lambda-site.xml, LAMBDA_JARS",
      "jars with your own views, LAMBDA_LOG the log file. -D <key=value> wins over the files.",
      "`lambda <verb> --help` says more of a verb."
    })
public final class Lambda implements Callable<Integer> {
  private record Group(String title, List<String> verbs) {}

  /** What a newcomer looks for first, then what moves the events, in the order in which they go. */
  private static final List<Group> GROUPS =
      List.of(
          new Group("Look and ask:", List.of("views", "query")),
          new Group("Send events:", List.of("produce")),
          new Group(
              "Batch layer, the master dataset of a topic:",
              List.of("archive", "audit", "compact", "dead-letters")),
          new Group(
              "Batch layer, the versions of a view:",
              List.of("recompute", "publish", "rollback", "versions", "discard", "cleanup")),
          new Group("Speed layer:", List.of("speed", "dimension", "alerts")));

  private CommandSpec spec;

  Lambda() {}

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new Lambda(), args));
  }

  @Spec
  private void setSpec(CommandSpec spec) {
    this.spec = spec;
    spec.usageMessage()
        .sectionMap()
        .put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, help -> verbs(help.subcommands()));
  }

  /** Without a verb: what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return InvalidInputException.EXIT_CODE;
  }

  private static String verbs(Map<String, Help> verbs) {
    StringBuilder text = new StringBuilder();
    for (Group group : GROUPS) {
      text.append("%n%s%n".formatted(group.title()));
      for (String verb : group.verbs()) {
        String header = verbs.get(verb).commandSpec().usageMessage().header()[0];
        text.append("  %-13s %s%n".formatted(verb, header));
      }
    }
    return text.toString();
  }
}
