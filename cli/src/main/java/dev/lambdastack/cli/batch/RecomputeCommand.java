package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.HeldException;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.TimeArgument;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Instant;
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

/** {@code lambda recompute}: master dataset to batch version. */
@Command(
    name = "recompute",
    sortOptions = false,
    header = "Computes views anew from all that is archived.",
    description =
        "%nEach gets a new version in a table of its own, complete and checked, which answers once it is published. Views of one topic are computed in one pass. Where the newest version is of the same declaration and schema, the new one begins as a copy of it and only the windows of new events are computed.%n",
    footer = {
      "",
      "Exit codes: 0 done, 2 bad input or refused, 3 computed, but held by the gate of --publish,",
      "69 HDFS or HBase does not answer, 70 unexpected fault (no version is left behind)."
    })
public final class RecomputeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ChosenViews chosen;

  @Option(
      names = "--full",
      description =
          "Reads all events, even where only the windows of new ones would have to be computed.")
  private boolean full;

  @Option(
      names = "--as-of",
      paramLabel = "<time>",
      converter = TimeArgument.class,
      description =
          "Computes what was archived then: up to the horizon of the last archive run at or before"
              + " that time. Such a version is never published; query --version reads it.")
  private Instant asOf;

  @Option(names = "--publish", description = "Publishes each version when it is complete.")
  private boolean publish;

  @Option(
      names = "--dry-run",
      description =
          "Says for each view whether it would be computed from all events or from what is new, and why;"
              + " makes no version.")
  private boolean dryRun;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Views views = Views.load(loader);
    Recompute.Options options = options();
    Recompute recompute =
        new Recompute(settings, views, SchemaStore.load(loader), Clock.systemUTC());
    PrintWriter out = spec.commandLine().getOut();
    if (dryRun) {
      recompute.plan(chosen.of(views), options).forEach(plan -> out.println(line(plan)));
      out.flush();
      return 0;
    }
    long started = System.nanoTime();
    List<Recompute.Outcome> outcomes = recompute.run(chosen.of(views), options);
    double seconds = (System.nanoTime() - started) / 1e9;
    for (Recompute.Outcome outcome : outcomes) {
      out.println(line(outcome));
    }
    out.printf(Locale.ROOT, "%s in %.1f s%n", count(outcomes.size()), seconds);
    out.flush();
    int code = 0;
    if (publish) {
      for (Recompute.Outcome outcome : outcomes) {
        Version version = outcome.version();
        try {
          FlipText.print(
              out,
              new Publish(settings, Clock.systemUTC())
                  .publish(
                      version.shape().name(),
                      // Nothing new may mean what was rolled back from: it comes back by its
                      // number alone.
                      outcome.isNew() ? OptionalLong.of(version.number()) : OptionalLong.empty()));
        } catch (HeldException held) {
          // The other views' versions are no worse for it.
          code = FlipText.print(out, spec.commandLine().getErr(), held);
        }
      }
    }
    return code;
  }

  private Recompute.Options options() {
    if (asOf == null) {
      return full ? Recompute.Options.FULL : Recompute.Options.DEFAULT;
    }
    if (publish) {
      throw new InvalidInputException(
          "Cannot publish a version of the past: expected --as-of or --publish, found both");
    }
    return Recompute.Options.asOf(asOf);
  }

  private static String line(Recompute.Plan plan) {
    String what =
        plan.isUpToDate()
            ? String.format(
                Locale.ROOT,
                "version %d holds all that is archived, up to %s: nothing to do; what is archived later would be added to it",
                plan.base().orElseThrow().number(),
                plan.horizon())
            : plan.base()
                .map(
                    base ->
                        String.format(
                            Locale.ROOT,
                            "would compute from version %d and the windows of what was archived since: %,d of %,d events, up to %s",
                            base.number(),
                            plan.events() - base.events(),
                            plan.events(),
                            plan.horizon()))
                .orElseGet(
                    () ->
                        String.format(
                            Locale.ROOT,
                            "would compute from all %,d events, up to %s (%s)",
                            plan.events(),
                            plan.horizon(),
                            plan.whyFull()));
    return "%s: %s".formatted(plan.view(), what);
  }

  private String line(Recompute.Outcome outcome) {
    Version version = outcome.version();
    if (!outcome.isNew()) {
      return String.format(
          Locale.ROOT,
          "%s: version %d holds all that is archived, up to %s; nothing to do (--full computes it anew)",
          version.shape().name(),
          version.number(),
          version.horizon().instant(version.epochLength()));
    }
    return String.format(
        Locale.ROOT,
        "%s: version %d complete: %d rows from %d events up to %s (manifest %d), %s%s%s",
        version.shape().name(),
        version.number(),
        version.rows(),
        version.events(),
        version.horizon().instant(version.epochLength()),
        version.manifest(),
        outcome
            .base()
            .map(
                base ->
                    String.format(
                        Locale.ROOT, "from version %d and what is new since", base.number()))
            .orElse(
                asOf == null
                    ? "from all events"
                    : String.format(
                        Locale.ROOT,
                        "as of then; lambda query %s --version %d reads it",
                        version.shape().name(),
                        version.number())),
        version.rejected() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; %,d of the events are none by the schema that is pinned now, and no row counts them",
                version.rejected()),
        version.setAside() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; set aside, since the view cannot take them: %,d of the events%s",
                version.setAside(),
                outcome.setAside().map(why -> " (" + why + ")").orElse("")));
  }

  private static String count(int views) {
    return views == 1 ? "1 view" : views + " views";
  }
}
