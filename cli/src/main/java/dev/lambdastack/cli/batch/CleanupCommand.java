package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Cleanup;
import dev.lambdastack.batch.publish.Versions;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lambda cleanup}: what no answer needs any more goes. */
@Command(
    name = "cleanup",
    sortOptions = false,
    header = "Drops old versions of views, speed generations that only they needed, and leftovers.",
    description = {
      "",
      "Keeps lambda.versions.keep versions of each view, always the one that answers, and whatever a",
      "query may still read. Versions of the past (recompute --as-of) go once they are older than",
      "lambda.versions.keep-past, tables that killed runs have left once they are older than",
      "lambda.cleanup.grace.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 done or nothing to do, 2 bad input, 69 HBase does not answer,",
      "70 unexpected fault, 75 others changed the row each time."
    })
public final class CleanupCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ChosenViews views;

  @Option(names = "--dry-run", description = "Says what would go now, and drops nothing.")
  private boolean dryRun;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    LambdaConfig settings = config.load(new Configuration());
    Cleanup cleanup = new Cleanup(settings, Clock.systemUTC());
    PrintWriter out = spec.commandLine().getOut();
    Views declared = Views.load(Thread.currentThread().getContextClassLoader());

    for (String view : views.of(declared)) {
      Cleanup.Cleaned cleaned = dryRun ? cleanup.plan(view) : cleanup.run(view);
      if (cleaned.isEmpty() && !isDeclared(declared, view)) {
        checkKnown(settings, declared, view);
      }
      print(out, view, cleaned);
    }

    return 0;
  }

  private static boolean isDeclared(Views declared, String view) {
    return declared.all().stream().anyMatch(v -> v.name().equals(view));
  }

  /** What neither HBase nor a jar knows is more likely a slip than a view without versions. */
  private static void checkKnown(LambdaConfig settings, Views declared, String view)
      throws IOException {
    if (new Versions(settings).of(view).isEmpty()) {
      declared.find(view);
    }
  }

  private void print(PrintWriter out, String view, Cleanup.Cleaned cleaned) {
    String verb = dryRun ? "would drop" : "dropped";

    cleaned
        .versions()
        .forEach(
            v ->
                out.printf(
                    Locale.ROOT,
                    "%s: %s version %d, %s%n",
                    view,
                    verb,
                    v.number(),
                    Texts.count(v.rows(), "row")));
    cleaned
        .generations()
        .forEach(
            g -> out.printf(Locale.ROOT, "%s: %s speed generation %d%n", view, verb, g.number()));
    cleaned
        .leftovers()
        .forEach(t -> out.printf("%s: %s table %s, which nothing lists%n", view, verb, t));

    if (cleaned.isEmpty()) {
      out.printf("%s: nothing to drop%n", view);
    }

    out.flush();
  }
}
