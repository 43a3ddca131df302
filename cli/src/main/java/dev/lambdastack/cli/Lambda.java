package dev.lambdastack.cli;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.views.InvalidInputException;
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
    subcommands = HelpCommand.class,
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
  private CommandSpec spec;

  Lambda() {}

  /** The entry point; ends the process with the command's exit code. */
  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new Lambda(), args));
  }

  @Spec
  private void setSpec(CommandSpec spec) {
    this.spec = spec;

    for (Group group : Group.values()) {
      for (Class<?> verb : group.verbs()) {
        spec.addSubcommand(name(verb), CommandSpec.forAnnotatedObject(verb));
      }
    }

    spec.usageMessage()
        .sectionMap()
        .put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, help -> verbs(help.subcommands()));
  }

  private static String name(Class<?> verb) {
    return verb.getAnnotation(Command.class).name();
  }

  /** Without a verb: what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return InvalidInputException.EXIT_CODE;
  }

  private static String verbs(Map<String, Help> verbs) {
    StringBuilder text = new StringBuilder();
    for (Group group : Group.values()) {
      text.append("%n%s:%n".formatted(group.title()));
      for (Class<?> verb : group.verbs()) {
        String header = verbs.get(name(verb)).commandSpec().usageMessage().header()[0];
        text.append("  %-13s %s%n".formatted(name(verb), header));
      }
    }
    return text.toString();
  }
}
