package dev.lambdastack.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.batch.publish.VersionInfo;
import dev.lambdastack.batch.publish.Versions;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.TextTable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda versions}: what there is of a view, and what became of it. */
@Command(
    name = "versions",
    sortOptions = false,
    header = "Lists the versions of a view, with their state and what they were computed from.",
    description = {
      "",
      "States: published answers now; kept answered before and can be rolled back to; held waits behind",
      "the gate; candidate has not been published yet; past is of a moment in the past",
      "(recompute --as-of), which query --version reads.",
      "`took` is the whole of its recompute, from the first look at the master dataset to the last check.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 done, 2 bad input, 69 HBase does not answer, 70 unexpected fault."
    })
public final class VersionsCommand implements Callable<Integer> {
  private static final int SHORT = 12;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<view>", description = "The view.")
  private String view;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}); json has the gate's findings too.")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    List<VersionInfo> versions = new Versions(config.load(new Configuration())).of(view);
    if (versions.isEmpty()) {
      // Neither HBase nor a jar knows the name: more likely a slip than a view without versions.
      Views.load(Thread.currentThread().getContextClassLoader()).find(view);
    }

    PrintWriter out = spec.commandLine().getOut();

    switch (format) {
      case TABLE -> table(versions, out);
      case CSV -> csv(versions, out);
      case JSON ->
          out.println(
              Printable.json().writerWithDefaultPrettyPrinter().writeValueAsString(json(versions)));
    }

    out.flush();
    return 0;
  }

  private void table(List<VersionInfo> versions, PrintWriter out) {
    if (versions.isEmpty()) {
      out.printf("View %s has no complete version.%n", view);
      return;
    }

    TextTable table =
        new TextTable(
            List.of(
                "version",
                "state",
                "horizon",
                "rows",
                "events",
                "rejected",
                "set aside",
                "input",
                "fingerprint",
                "created",
                "took",
                "by"));
    for (VersionInfo info : versions) {
      Version v = info.version();
      table.add(
          Arrays.asList(
              v.number(),
              info.state().toString(),
              v.horizon().instant(v.epochLength()),
              v.rows(),
              v.events(),
              v.rejected(),
              v.setAside(),
              String.format(Locale.ROOT, "%s (run %d)", shortened(v.runDigest()), v.run()),
              shortened(v.fingerprint()),
              v.created().truncatedTo(ChronoUnit.SECONDS),
              v.origin().map(o -> new TextTable.Right(Texts.duration(o.duration()))).orElse(null),
              v.origin().map(Origin::user).orElse(null)));
    }

    table.print(out);
  }

  private static String shortened(String digest) {
    return digest.substring(0, Math.min(SHORT, digest.length()));
  }

  private static void csv(List<VersionInfo> versions, PrintWriter out) {
    Listing listing =
        new Listing(
            List.of(
                "version",
                "state",
                "horizon",
                "rows",
                "events",
                "run",
                "input",
                "fingerprint",
                "created",
                "duration_ms",
                "by",
                "answers_since",
                "rejected",
                "set_aside"));
    for (VersionInfo info : versions) {
      Version v = info.version();
      listing.add(
          Arrays.asList(
              v.number(),
              info.state(),
              v.horizon().instant(v.epochLength()),
              v.rows(),
              v.events(),
              v.run(),
              v.runDigest(),
              v.fingerprint(),
              v.created(),
              v.origin().map(o -> o.duration().toMillis()).orElse(null),
              v.origin().map(Origin::user).orElse(null),
              info.answersSince().orElse(null),
              v.rejected(),
              v.setAside()));
    }

    listing.print(Format.CSV, out);
  }

  private static ArrayNode json(List<VersionInfo> versions) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (VersionInfo info : versions) {
      Version v = info.version();
      ObjectNode json = array.addObject();
      json.put("version", v.number());
      json.put("state", info.state().toString());
      json.put("table", v.table());
      json.put("horizon", v.horizon().instant(v.epochLength()).toString());
      json.put("horizon_epoch", v.horizon().epoch());

      json.put("rows", v.rows());
      json.put("events", v.events());
      json.put("rejected", v.rejected());
      json.put("set_aside", v.setAside());

      json.put("run", v.run());
      json.put("input", v.runDigest());
      json.put("fingerprint", v.fingerprint());
      json.put("created", v.created().toString());

      v.origin().ifPresent(o -> json.put("duration_ms", o.duration().toMillis()));
      v.origin().ifPresent(o -> json.put("by", o.user()));
      info.answersSince().ifPresent(t -> json.put("answers_since", t.toString()));

      info.report()
          .ifPresent(
              report -> {
                ArrayNode findings = json.putArray("gate");
                report
                    .findings()
                    .forEach(
                        f -> {
                          ObjectNode finding = findings.addObject();
                          finding.put("check", f.check());
                          finding.put("held", f.held());
                          finding.put("text", f.text());
                          ArrayNode details = finding.putArray("details");
                          f.details().forEach(details::add);
                        });
              });
    }

    return array;
  }
}
