package dev.lambdastack.batch.cli;

import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.serving.config.ConfigOptions;
import java.io.IOException;
import java.time.Clock;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda publish}: a version begins to answer. */
@Command(
    name = "publish",
    sortOptions = false,
    header = "Makes a complete version of a view answer.",
    description =
        "%nVersion, horizon and speed generation change at once; publishing again changes nothing.%n",
    footer = {
      "",
      "Exit codes: 0 it answers, 2 bad input or refused because answers would miss events, 70 unexpected fault."
    })
public final class PublishCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<view>", description = "The view.")
  private String view;

  @Option(
      names = "--version",
      paramLabel = "<N>",
      description = "Which version (default: the newest complete one).")
  private Long version;

  @Mixin private ConfigOptions config;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean help;

  @Override
  public Integer call() throws IOException {
    Publish publish = new Publish(config.load(new Configuration()), Clock.systemUTC());
    OptionalLong number = version == null ? OptionalLong.empty() : OptionalLong.of(version);
    FlipText.print(spec.commandLine().getOut(), publish.publish(view, number));
    return 0;
  }
}
