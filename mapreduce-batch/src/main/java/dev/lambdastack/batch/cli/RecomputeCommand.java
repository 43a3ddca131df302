package dev.lambdastack.batch.cli;

import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.ConfigOptions;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda recompute}: master dataset to batch version. */
@Command(
    name = "recompute",
    sortOptions = false,
    header = "Computes views anew from all that is archived.",
    description =
        "%nEach gets a new version in a table of its own, complete and checked, which answers once it is published.%n",
    footer = {
      "",
      "Exit codes: 0 done, 2 bad input or refused, 70 unexpected fault (no version is left behind)."
    })
public final class RecomputeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "<view>", arity = "0..*", description = "The views to compute.")
  private List<String> names = List.of();

  @Option(names = "--all", description = "All views on the class path.")
  private boolean all;

  @Option(names = "--publish", description = "Publishes each version when it is complete.")
  private boolean publish;

  @Mixin private ConfigOptions config;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean help;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Views views = Views.load(loader);
    Recompute recompute =
        new Recompute(settings, views, SchemaStore.load(loader), Clock.systemUTC());
    PrintWriter out = spec.commandLine().getOut();
    long started = System.nanoTime();
    for (Version version : recompute.run(chosen(views))) {
      out.printf(
          "%s: version %d complete: %d rows from %d events up to %s (manifest %d); %.1f s%n",
          version.shape().name(),
          version.number(),
          version.rows(),
          version.events(),
          version.horizon().instant(version.epochLength()),
          version.manifest(),
          (System.nanoTime() - started) / 1e9);
      out.flush();
      if (publish) {
        Flip flip =
            new Publish(settings, Clock.systemUTC())
                .publish(version.shape().name(), OptionalLong.of(version.number()));
        FlipText.print(out, flip);
      }
    }
    return 0;
  }

  private List<String> chosen(Views views) {
    if (all == !names.isEmpty()) {
      throw new InvalidInputException(
          "Cannot tell what to recompute: expected names of views or --all, found "
              + (all ? "both" : "neither"));
    }
    return all ? views.all().stream().map(View::name).toList() : known(views);
  }

  /** Checks all names before the first long run. */
  private List<String> known(Views views) {
    names.forEach(views::find);
    return names;
  }
}
