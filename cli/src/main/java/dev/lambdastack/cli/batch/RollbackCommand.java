package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.console.ConfigOptions;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda rollback}: an older version answers again. */
@Command(
    name = "rollback",
    sortOptions = false,
    header = "Goes back to an older version of a view, with its horizon.",
    description =
        "%nThe speed layer answers for all that lies behind that horizon; where its cells no longer reach back, this is refused.%n",
    footer = {
      "",
      "Exit codes: 0 it answers, 2 bad input, or refused because answers would miss events, 69 HBase",
      "does not answer, 70 unexpected fault, 75 others changed the row each time."
    })
public final class RollbackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<view>", description = "The view.")
  private String view;

  @Option(names = "--to", required = true, paramLabel = "<N>", description = "The version.")
  private long version;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Publish publish = new Publish(config.load(new Configuration()), Clock.systemUTC());
    FlipText.print(spec.commandLine().getOut(), publish.rollback(view, version));
    return 0;
  }
}
