package dev.lambdastack.cli.ask;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.TextTable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.AlertRules;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.Durations;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda views}: what the jars on the class path declare, and what answers in HBase. */
@Command(
    name = "views",
    sortOptions = false,
    header = "Lists the views and alert rules, explains a view, or says what answers for them now.",
    description =
        "%nViews and rules come from the jars on the class path (LAMBDA_JARS for your own).%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda views",
      "  lambda views daily_sales",
      "  lambda views --published",
      "  lambda views --published --format json",
      "",
      "Exit codes: 0 done, 2 bad input, 69 HBase does not answer, 70 unexpected fault."
    })
public final class ViewsCommand implements Callable<Integer> {
  /** As much of a fingerprint as tells two declarations apart at a glance. */
  private static final int SHORT = 12;

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "<view>",
      description = "Explains this view's declaration.")
  private String name;

  @Option(
      names = "--published",
      description = "What answers in HBase now: version, horizon, speed generation, freshness.")
  private boolean published;

  @Option(
      names = "--format",
      paramLabel = "<format>",
      description =
          "Of --published: ${COMPLETION-CANDIDATES} (default: table). csv and json have a column each for what is incomplete or failing.")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    if (format != null && !published) {
      throw new InvalidInputException(
          "Cannot use --format alone: expected --published beside it; declarations are printed as text");
    }

    LambdaConfig checked = config.load(new Configuration());
    Views views = Views.load(Thread.currentThread().getContextClassLoader());
    PrintWriter out = spec.commandLine().getOut();

    if (published) {
      try (LambdaClient client = LambdaClient.open(checked.hadoop());
          Connection hbase = HBaseConnector.connect(checked)) {
        published(views, client, new PublishedTable(hbase), out);
      }
    } else if (name != null) {
      Explanation.of(views.find(name)).stream().map(Printable::line).forEach(out::println);
    } else {
      declared(views, AlertRules.load(Thread.currentThread().getContextClassLoader()), out);
    }
    return 0;
  }

  private static void declared(Views views, AlertRules rules, PrintWriter out) {
    if (views.all().isEmpty() && rules.all().isEmpty()) {
      throw new InvalidInputException(
          "No jar on the class path declares a view; let LAMBDA_JARS name yours");
    }

    if (!views.all().isEmpty()) {
      declared(views, out);
    }
    if (!rules.all().isEmpty()) {
      if (!views.all().isEmpty()) {
        out.println();
      }
      declared(rules, out);
    }
  }

  private static void declared(AlertRules rules, PrintWriter out) {
    TextTable table = new TextTable(List.of("alert_rule", "topic", "key", "watches"));
    for (AlertRule rule : rules.all()) {
      table.add(
          List.of(
              rule.name(),
              rule.eventType().topic(),
              rule.eventType().partitionKey(),
              String.join(", ", rule.columns())));
    }

    table.print(out);
  }

  private static void declared(Views views, PrintWriter out) {
    TextTable table =
        new TextTable(List.of("view", "topic", "key", "window", "metrics", "fingerprint"));
    for (View view : views.all()) {
      ViewShape shape = view.shape();
      table.add(
          Arrays.asList(
              view.name(),
              view.eventType().topic(),
              shape.keyColumns().isEmpty()
                  ? null
                  : shape.answered().keyColumns().stream()
                      .map(Column::name)
                      .collect(Collectors.joining(", ")),
              Durations.words(shape.window()),
              shape.metrics().stream()
                  .map(ViewShape.NamedMetric::name)
                  .collect(Collectors.joining(", ")),
              view.fingerprint().substring(0, SHORT)));
    }

    table.print(out);
  }

  /** What answers for a view. */
  private record Answering(
      String view, Provenance from, Optional<Failing> failing, Optional<View> declared) {
    String fingerprint() {
      return from.version()
          .map(Version::fingerprint)
          .orElseGet(() -> from.generation().orElseThrow().fingerprint());
    }

    Instant horizon() {
      return from.version().isPresent() ? from.horizon() : null;
    }

    Long version() {
      return from.version().map(Version::number).orElse(null);
    }

    Long generation() {
      return from.generation().map(Generation::number).orElse(null);
    }

    Instant wholeUpTo() {
      return from.freshness().equals(Instant.EPOCH) ? null : from.freshness();
    }
  }

  private void published(Views views, LambdaClient client, PublishedTable store, PrintWriter out)
      throws IOException {
    List<Answering> all = new ArrayList<>();
    for (String view : name == null ? client.views() : List.of(name)) {
      Provenance from = client.describe(view).provenance();
      Optional<Failing> failing =
          from.generation().isEmpty()
              ? Optional.empty()
              : store.progress().failing(view, from.generation().get().number());
      Optional<View> declared = views.all().stream().filter(v -> v.name().equals(view)).findFirst();
      all.add(new Answering(view, from, failing, declared));
    }

    if (format == null || format == Format.TABLE) {
      table(all, out);
    } else {
      listing(all).print(format, out);
    }
  }

  private static Listing listing(List<Answering> all) {
    Listing listing =
        new Listing(
            List.of(
                "view",
                "version",
                "horizon",
                "horizon_epoch",
                "generation",
                "whole_up_to",
                "fingerprint",
                "declared_fingerprint",
                "incomplete",
                "failing"));
    for (Answering a : all) {
      listing.add(
          Arrays.asList(
              a.view(),
              a.version(),
              a.horizon(),
              a.from().version().isPresent() ? a.from().horizonEpoch() : null,
              a.generation(),
              a.wholeUpTo(),
              a.fingerprint(),
              a.declared().map(View::fingerprint).orElse(null),
              a.from().incompleteBecause().orElse(null),
              a.failing().map(f -> failing(a, f)).orElse(null)));
    }

    return listing;
  }

  private static void table(List<Answering> all, PrintWriter out) {
    if (all.isEmpty()) {
      out.println("Nothing is published: no view answers yet.");
      return;
    }

    TextTable table =
        new TextTable(
            List.of("view", "version", "horizon", "generation", "whole_up_to", "fingerprint"));
    List<String> troubles = new ArrayList<>();
    for (Answering a : all) {
      table.add(
          Arrays.asList(
              a.view(),
              a.version(),
              a.horizon() == null
                  ? null
                  : String.format(
                      Locale.ROOT, "%s (epoch %d)", a.horizon(), a.from().horizonEpoch()),
              a.generation(),
              a.wholeUpTo(),
              fingerprint(a)));
      a.from().incompleteBecause().map("INCOMPLETE: "::concat).ifPresent(troubles::add);
      a.failing().map(f -> "FAILING: " + failing(a, f)).ifPresent(troubles::add);
    }

    table.print(out);
    troubles.forEach(what -> out.println(Printable.line(what)));
  }

  private static String failing(Answering a, Failing failing) {
    return String.format(
        Locale.ROOT,
        "the speed job of view %s, generation %d, has failed %s and completed no checkpoint since, the last at %s: %s",
        a.view(),
        a.generation(),
        Texts.count(failing.times(), "time"),
        failing.last(),
        failing.because());
  }

  /** Says too where the jar on the class path declares another view than the one that answers. */
  private static String fingerprint(Answering a) {
    String answers = a.fingerprint().substring(0, SHORT);
    if (a.declared().isEmpty()) {
      return answers + " (no jar declares it here)";
    }

    String declared = a.declared().get().fingerprint().substring(0, SHORT);
    return declared.equals(answers)
        ? answers
        : "%s (the jar here declares %s)".formatted(answers, declared);
  }
}
