package dev.lambdastack.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.batch.audit.Audit;
import dev.lambdastack.batch.audit.AuditReport;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Printable;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Connection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda audit}: is the master dataset whole, and how far is it behind the log. */
@Command(
    name = "audit",
    sortOptions = false,
    header = "Says whether a topic's master dataset is whole, and how far it is behind the log.",
    description =
        "%nManifests chain with no hole, add up, and are those that versions were computed from; every file is there with its length and rows; nothing waits for the archive until retention takes it. Changes nothing.%n",
    footer = {
      "",
      "Exit codes: 0 whole, 1 a difference was found, 2 bad input, 69 a server does not answer,",
      "70 unexpected fault."
    })
public final class AuditCommand implements Callable<Integer> {
  /** How it is printed. */
  enum Format {
    table,
    json
  }

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "The topic.")
  private String topic;

  @Option(
      names = "--deep",
      description = "Reads every byte of every file and compares its SHA-256.")
  private boolean deep;

  @Option(
      names = "--offline",
      description =
          "Asks neither Kafka nor HBase: says nothing of retention, and compares no manifest with versions.")
  private boolean offline;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    LambdaConfig settings = config.load(new Configuration());
    AuditReport report =
        new Audit(settings, Clock.systemUTC()).run(topic, scope(), () -> versions(settings));
    PrintWriter out = spec.commandLine().getOut();
    if (format == Format.json) {
      out.println(
          Printable.json().writerWithDefaultPrettyPrinter().writeValueAsString(json(report)));
    } else {
      table(out, report);
    }
    out.flush();
    return report.isClean() ? 0 : 1;
  }

  /** Of the views over the topic that are on the class path; none where nothing is computed yet. */
  private List<Version> versions(LambdaConfig settings) throws IOException {
    Views views = Views.load(Thread.currentThread().getContextClassLoader());
    List<String> names = views.ofTopic(topic).stream().map(View::name).toList();
    List<Version> versions = new ArrayList<>();
    if (!offline && !names.isEmpty()) {
      try (Connection connection = Store.connectForWork(settings)) {
        PublishedStore store = new PublishedStore(connection);
        for (String name : names) {
          Catalog catalog = store.catalog(name);
          catalog.versions().forEach(v -> versions.add(v.version()));
          versions.addAll(catalog.past());
        }
      } catch (TableNotFoundException nothingIsComputed) {
        return List.of();
      }
    }
    return versions;
  }

  private Audit.Scope scope() {
    if (deep) {
      return offline ? Audit.Scope.DEEP_OFFLINE : Audit.Scope.DEEP;
    }
    return offline ? Audit.Scope.OFFLINE : Audit.Scope.NORMAL;
  }

  private static void table(PrintWriter out, AuditReport report) {
    AuditReport.Counts counts = report.counts();
    out.printf("topic       %s%n", report.topic());
    out.printf(
        "complete    %s%n", report.complete().map(t -> "up to " + t).orElse("nothing is archived"));
    out.printf(
        Locale.ROOT,
        "manifests   %,d; %s%n",
        report.manifests(),
        report.vouched() == report.manifests()
            ? "versions note the digest of the last"
            : "the digest of the last is noted by no version yet: an edit of it that still adds up would not be seen");
    out.printf(
        Locale.ROOT,
        "records     %,d read = %,d events + %,d dead letters + %,d ticks%s%n",
        counts.read(),
        counts.events(),
        counts.deadLetters(),
        counts.ticks(),
        counts.lost() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; %,d offsets are lost: retention had removed them before they were archived",
                counts.lost()));
    out.printf(
        Locale.ROOT,
        "files       %,d, %,d bytes; %s%n",
        report.files(),
        report.bytes(),
        report.deep()
            ? "every byte was read"
            : "lengths and footers were read (--deep: every byte)");
    out.printf(
        Locale.ROOT,
        "besides     %,d replaced files that are not removed yet, %,d orphans that no manifest names%n",
        report.superseded(),
        report.orphans().size());
    report.orphans().stream()
        .limit(20)
        .forEach(o -> out.printf("            %s%n", Printable.line(o)));
    if (!report.partitions().isEmpty()) {
      out.printf(
          "retention   %s%n",
          report
              .retention()
              .map(
                  r ->
                      String.format(
                          Locale.ROOT,
                          "%s; the oldest record that is not archived has used %.1f %% of it",
                          Spans.text(r),
                          100 * report.retentionUsed()))
              .orElse("none: the topic keeps all"));
      report
          .byNumber()
          .forEach(
              (partition, p) ->
                  out.printf(
                      Locale.ROOT,
                      "  partition %d: %,d offsets from %,d on are not archived%s%n",
                      partition,
                      p.offsets(),
                      p.from(),
                      p.oldest()
                          .map(
                              age -> oldest(age, report.retention().isPresent(), p.retentionUsed()))
                          .orElse("")));
    }
    report.warnings().forEach(w -> out.printf("WARNING     %s%n", Printable.line(w)));
    report.differences().forEach(d -> out.printf("DIFFERENCE  %s%n", Printable.line(d)));
    out.println(
        report.isClean()
            ? "whole"
            : String.format(Locale.ROOT, "%,d differences%s", report.differences().size(), ""));
  }

  private static String oldest(Duration age, boolean goes, double retentionUsed) {
    return ", the oldest for %s%s"
        .formatted(
            Spans.text(age),
            goes ? String.format(Locale.ROOT, " (%.1f %%)", 100 * retentionUsed) : "");
  }

  private static ObjectNode json(AuditReport report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("topic", report.topic());
    json.put("clean", report.isClean());
    json.put("complete", report.complete().map(Instant::toString).orElse(null));
    json.put("manifests", report.manifests());
    json.put("vouchedManifest", report.vouched());
    json.put("read", report.counts().read());
    json.put("events", report.counts().events());
    json.put("deadLetters", report.counts().deadLetters());
    json.put("ticks", report.counts().ticks());
    json.put("lostOffsets", report.counts().lost());
    json.put("files", report.files());
    json.put("bytes", report.bytes());
    json.put("deep", report.deep());
    json.put("replacedFiles", report.superseded());
    json.put("retentionMillis", report.retention().map(Duration::toMillis).orElse(null));
    json.put("retentionUsed", report.retentionUsed());
    ArrayNode partitions = json.putArray("partitions");
    report
        .byNumber()
        .forEach(
            (partition, p) -> {
              ObjectNode node = partitions.addObject();
              node.put("partition", partition);
              node.put("from", p.from());
              node.put("offsets", p.offsets());
              node.put("oldestMillis", p.oldest().map(Duration::toMillis).orElse(null));
              node.put("retentionUsed", p.retentionUsed());
            });
    report.orphans().forEach(json.putArray("orphans")::add);
    report.warnings().forEach(json.putArray("warnings")::add);
    report.differences().forEach(json.putArray("differences")::add);
    return json;
  }
}
