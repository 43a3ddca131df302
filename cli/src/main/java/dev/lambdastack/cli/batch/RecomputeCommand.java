package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.HeldException;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.console.TimeArgument;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
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
      "69 HDFS or HBase does not answer, 70 unexpected fault (no version is left behind), 75",
      "another run has taken the version over. What is computed, but held or refused by --publish,",
      "is kept as a candidate."
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
    Duration took = Duration.ofNanos(System.nanoTime() - started);

    outcomes.forEach(outcome -> out.println(line(outcome)));
    out.printf("%s in %s%n", Texts.count(outcomes.size(), "view"), Texts.duration(took));
    out.flush();

    return publish ? publish(new Publish(settings, Clock.systemUTC()), outcomes) : 0;
  }

  /**
   * Publishes each; where one does not come to answer, the others' versions are no worse for it.
   */
  private int publish(Publish publication, List<Recompute.Outcome> outcomes)
      throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    int code = 0;

    for (Recompute.Outcome outcome : outcomes) {
      String view = outcome.version().shape().name();
      // Nothing new may mean what was rolled back from: it comes back by its number alone.
      OptionalLong number =
          outcome.isNew() ? OptionalLong.of(outcome.version().number()) : OptionalLong.empty();
      try {
        FlipText.print(out, publication.publish(view, number));
      } catch (HeldException held) {
        int heldCode = FlipText.print(out, err, held);
        code = code == 0 ? heldCode : code;
      } catch (HandoffException refused) {
        err.println(Printable.line(kept(refused, outcome)));
        code = InvalidInputException.EXIT_CODE;
      }
    }

    return code;
  }

  /** One line: why it does not answer, and what became of it. */
  private static String kept(HandoffException refused, Recompute.Outcome outcome) {
    String view = outcome.version().shape().name();
    return String.format(
        Locale.ROOT,
        "%s. Version %d is kept as a candidate: lambda publish %s makes it answer then",
        refused.getMessage(),
        outcome.version().number(),
        view);
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
                            "would compute from version %d and the windows of what was archived since: %,d of %s, up to %s",
                            base.number(),
                            plan.events() - base.events(),
                            Texts.count(plan.events(), "event"),
                            plan.horizon()))
                .orElseGet(
                    () ->
                        String.format(
                            Locale.ROOT,
                            "would compute from all %s, up to %s (%s)",
                            Texts.count(plan.events(), "event"),
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
        "%s: version %d complete: %s from %s up to %s (run %d), %s%s%s",
        version.shape().name(),
        version.number(),
        Texts.count(version.rows(), "row"),
        Texts.count(version.events(), "event"),
        version.horizon().instant(version.epochLength()),
        version.run(),
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
}
