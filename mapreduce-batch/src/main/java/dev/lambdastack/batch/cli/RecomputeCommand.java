package dev.lambdastack.batch.cli;

import dev.lambdastack.batch.publish.HeldException;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.ConfigOptions;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
      "Exit codes: 0 done, 2 bad input or refused, 3 computed, but held by the gate of --publish,",
      "70 unexpected fault (no version is left behind)."
    })
public final class RecomputeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ChosenViews chosen;

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
    int code = 0;
    for (Version version : recompute.run(chosen.of(views))) {
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
        try {
          FlipText.print(
              out,
              new Publish(settings, Clock.systemUTC())
                  .publish(version.shape().name(), OptionalLong.of(version.number())));
        } catch (HeldException held) {
          // The other views' versions are no worse for it.
          code = FlipText.print(out, spec.commandLine().getErr(), held);
        }
      }
    }
    return code;
  }
}
