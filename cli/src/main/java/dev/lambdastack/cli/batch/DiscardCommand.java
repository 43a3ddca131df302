package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda discard}: a version goes. */
@Command(
    name = "discard",
    sortOptions = false,
    header = "Throws a version of a view away, with its table.",
    description =
        "%nA version that answers is never thrown away, nor one that a query may still be reading.%n",
    footer = {
      "",
      "Exit codes: 0 it is gone, 2 bad input or refused, 69 HBase does not answer, 70 unexpected fault,",
      "75 others changed the row each time."
    })
public final class DiscardCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<view>", description = "The view.")
  private String view;

  @Parameters(index = "1", paramLabel = "<N>", description = "The version.")
  private long version;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    Publish publish = new Publish(config.load(new Configuration()), Clock.systemUTC());
    Version gone = publish.discard(view, version);

    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s: version %d is gone, with %s%n",
            view,
            version,
            Texts.count(gone.rows(), "row"));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
