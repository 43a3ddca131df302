package dev.lambdastack.cli.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.batch.audit.AuditReport;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.Texts;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An audit for people and for programs. */
final class AuditText {
  private static final ObjectMapper MAPPER = Printable.json();
  private static final int SHOWN_ORPHANS = 20;

  private final AuditReport report;

  private AuditText(AuditReport report) {
    this.report = report;
  }

  /** Prints it: sentences, a line of totals, or one JSON object. */
  static void print(AuditReport report, Format format, PrintWriter out) {
    AuditText text = new AuditText(report);
    switch (format) {
      case TABLE -> text.sentences(out);
      case CSV -> text.csv(out);
      case JSON -> text.json(out);
    }
    out.flush();
  }

  private void sentences(PrintWriter out) {
    out.printf("topic       %s%n", report.topic());
    out.printf(
        "complete    %s%n", report.complete().map(t -> "up to " + t).orElse("nothing is archived"));
    out.printf(Locale.ROOT, "runs        %,d; %s%n", report.runs(), vouched());
    out.printf("records     %s%n", records());
    out.printf(
        Locale.ROOT,
        "files       %,d, %s; %s%n",
        report.files(),
        Texts.count(report.bytes(), "byte"),
        report.deep()
            ? "every byte was read"
            : "lengths and footers were read (--deep: every byte)");

    out.printf(
        "besides     %s not removed yet, %s that no snapshot names%n",
        Texts.count(report.superseded(), "replaced file"),
        Texts.count(report.orphans().size(), "orphan file"));
    report.orphans().stream()
        .limit(SHOWN_ORPHANS)
        .forEach(o -> out.printf("            %s%n", Printable.line(o)));

    if (!report.partitions().isEmpty()) {
      out.printf("retention   %s%n", retention());
      report.byNumber().forEach((partition, p) -> out.println(unarchived(partition, p)));
    }

    report.warnings().forEach(w -> out.printf("WARNING     %s%n", Printable.line(w)));
    report.differences().forEach(d -> out.printf("DIFFERENCE  %s%n", Printable.line(d)));
    out.println(
        report.isClean() ? "whole" : Texts.count(report.differences().size(), "difference"));
  }

  private String vouched() {
    return report.vouched() == report.runs()
        ? "a version has noted the digest of the last run"
        : "no version has noted the digest of the last run yet: an edit of it that still adds up would not be seen";
  }

  private String records() {
    AuditReport.Counts counts = report.counts();
    String sum =
        String.format(
            Locale.ROOT,
            "%,d read = %s + %s + %s",
            counts.read(),
            Texts.count(counts.events(), "event"),
            Texts.count(counts.deadLetters(), "dead letter"),
            Texts.count(counts.ticks(), "tick"));

    return counts.lost() == 0
        ? sum
        : sum
            + "; %s lost: removed by retention before they were archived"
                .formatted(Texts.count(counts.lost(), "offset"));
  }

  private String retention() {
    return report
        .retention()
        .map(
            r ->
                String.format(
                    Locale.ROOT,
                    "%s; the oldest record that is not archived has used %.1f %% of it",
                    Texts.duration(r),
                    100 * report.retentionUsed()))
        .orElse("none: the topic keeps all");
  }

  private String unarchived(int partition, AuditReport.Unarchived waiting) {
    return String.format(
        Locale.ROOT,
        "  partition %d: %s not archived, from %,d on%s",
        partition,
        Texts.count(waiting.offsets(), "offset"),
        waiting.from(),
        waiting.oldest().map(age -> oldest(age, waiting.retentionUsed())).orElse(""));
  }

  private String oldest(Duration age, double retentionUsed) {
    String share =
        report.retention().isPresent()
            ? String.format(Locale.ROOT, " (%.1f %%)", 100 * retentionUsed)
            : "";
    return ", the oldest for %s%s".formatted(Texts.duration(age), share);
  }

  private Map<String, Object> totals() {
    Map<String, Object> totals = new LinkedHashMap<>();
    totals.put("topic", report.topic());
    totals.put("clean", report.isClean());
    totals.put("complete", report.complete().map(Instant::toString).orElse(null));
    totals.put("runs", report.runs());
    totals.put("vouched_run", report.vouched());

    totals.put("read", report.counts().read());
    totals.put("events", report.counts().events());
    totals.put("dead_letters", report.counts().deadLetters());
    totals.put("ticks", report.counts().ticks());
    totals.put("lost_offsets", report.counts().lost());

    totals.put("files", report.files());
    totals.put("bytes", report.bytes());
    totals.put("deep", report.deep());
    totals.put("replaced_files", report.superseded());
    totals.put("retention_ms", report.retention().map(Duration::toMillis).orElse(null));
    totals.put("retention_used", report.retentionUsed());

    return totals;
  }

  /** Of what JSON lists, how many there are. */
  private void csv(PrintWriter out) {
    Map<String, Object> totals = totals();
    totals.put("orphans", report.orphans().size());
    totals.put("warnings", report.warnings().size());
    totals.put("differences", report.differences().size());

    Listing listing = new Listing(List.copyOf(totals.keySet()));
    listing.add(new ArrayList<>(totals.values()));
    listing.print(Format.CSV, out);
  }

  private void json(PrintWriter out) {
    ObjectNode json = MAPPER.valueToTree(totals());

    ArrayNode partitions = json.putArray("partitions");
    report
        .byNumber()
        .forEach(
            (partition, p) -> {
              ObjectNode node = partitions.addObject();
              node.put("partition", partition);
              node.put("from", p.from());
              node.put("offsets", p.offsets());
              node.put("oldest_ms", p.oldest().map(Duration::toMillis).orElse(null));
              node.put("retention_used", p.retentionUsed());
            });

    report.orphans().forEach(json.putArray("orphans")::add);
    report.warnings().forEach(json.putArray("warnings")::add);
    report.differences().forEach(json.putArray("differences")::add);

    try {
      out.println(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an audit is no JSON", e);
    }
  }
}
