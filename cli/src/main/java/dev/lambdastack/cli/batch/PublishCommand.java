package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.batch.publish.HeldException;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lambda publish}: a version begins to answer. */
@Command(
    name = "publish",
    sortOptions = false,
    header = "Makes a complete version of a view answer, once the gate lets it pass.",
    description = {
      "",
      "The gate looks at the number of rows, at the view's data-quality rules, and at whether batch and",
      "speed agree on the events that both hold. What it holds stays a candidate, and what answered",
      "before still does. Version, horizon and speed generation change at once; publishing again",
      "changes nothing.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 it answers, 2 bad input, or refused because answers would miss events, 3 held by",
      "the gate, 69 HBase does not answer, 70 unexpected fault, 75 others changed the row each time."
    })
public final class PublishCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ChosenViews views;

  @Option(
      names = "--version",
      paramLabel = "<N>",
      description =
          "Which version of one view (default: the newest complete one, without those that another version has replaced).")
  private Long version;

  @Option(names = "--force", description = "Publishes what the gate holds, and says what it found.")
  private boolean force;

  @Option(
      names = "--dry-run",
      description =
          "Says what the gate finds of the newest version, or would ask of the next one; changes"
              + " nothing.")
  private boolean dryRun;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Publish publish = new Publish(config.load(new Configuration()), Clock.systemUTC());
    Views declared = Views.load(Thread.currentThread().getContextClassLoader());
    List<String> chosen = views.of(declared);

    if (version != null && chosen.size() != 1) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot publish version %d of %d views: expected --version with one view",
              version,
              chosen.size()));
    }

    if (dryRun) {
      if (version != null || force) {
        throw new InvalidInputException(
            "Cannot tell what would be published: expected --dry-run without --version and --force");
      }

      for (String view : chosen) {
        PublishPlanText.print(spec.commandLine().getOut(), publish.plan(view), declared);
      }
      return 0;
    }

    OptionalLong number = version == null ? OptionalLong.empty() : OptionalLong.of(version);
    int code = 0;
    for (String view : chosen) {
      try {
        Flip flip = force ? publish.force(view, number) : publish.publish(view, number);
        FlipText.print(spec.commandLine().getOut(), flip);
      } catch (HeldException held) {
        // The other views' versions are no worse for it.
        code = FlipText.print(spec.commandLine().getOut(), spec.commandLine().getErr(), held);
      }
    }

    return code;
  }
}
