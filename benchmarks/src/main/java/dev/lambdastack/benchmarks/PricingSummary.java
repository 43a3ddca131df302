package dev.lambdastack.benchmarks;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * TPC-H's query 1 as a batch view, beside the answer that TPC publishes for scale 1 (the
 * specification's validation output).
 */
final class PricingSummary {
  private static final List<String> METRICS =
      List.of(
          "sum_qty",
          "sum_base_price",
          "sum_disc_price",
          "sum_charge",
          "avg_qty",
          "avg_price",
          "avg_disc",
          "count_order");

  private static final List<String> PUBLISHED =
      List.of(
          "A F 37734107.00 56586554400.73 53758257134.87 55909065222.83 25.52 38273.13 0.05 1478493",
          "N F 991417.00 1487504710.38 1413082168.05 1469649223.19 25.52 38284.47 0.05 38854",
          "N O 74476040.00 111701729697.74 106118230307.61 110367043872.50 25.50 38249.12 0.05 2920374",
          "R F 37719753.00 56568041380.90 53741292684.60 55889619119.83 25.51 38250.85 0.05 1478870");

  private PricingSummary() {}

  /** Whether the view's answer at scale 1 is the published one; shows both where it is not. */
  static boolean check(Figures figures) throws Exception {
    try (TestBed bed = TestBed.open()) {
      long sent =
          bed.send(new LineItems(1, Instant.parse("2024-01-01T00:00:00Z"), Duration.ofDays(10)));
      ArchiveResult archived = bed.archive();
      bed.layers().recompute(BenchmarkViews.QUERY_1);
      bed.layers().publish(BenchmarkViews.QUERY_1);

      List<String> found = new ArrayList<>();
      try (LambdaClient client = bed.layers().client()) {
        Answer answer =
            client.queryAll(
                BenchmarkViews.QUERY_1,
                Instant.EPOCH.minus(Duration.ofDays(1)),
                Instant.now(),
                Incomplete.ALLOW);
        answer.rows().forEach(row -> found.add(text(row)));
      }

      boolean right =
          found.equals(PUBLISHED) && archived.events() == sent && sent == LineItems.AT_SCALE_1;
      figures.say(
          "TPC-H query 1 at scale 1, %,d line items: %s",
          archived.events(),
          right ? "the four published rows, to the cent" : "NOT the published answer");
      if (!right) {
        figures.say("  expected %s%n  found    %s", PUBLISHED, found);
      }

      return right;
    }
  }

  private static String text(MergedRow row) {
    StringBuilder text = new StringBuilder();
    row.key().forEach(part -> text.append(part).append(' '));
    for (String metric : METRICS) {
      Object value = row.value(metric);
      text.append(
          value instanceof BigDecimal decimal
              ? decimal.setScale(2, RoundingMode.HALF_UP).toPlainString()
              : value.toString());
      text.append(' ');
    }
    return text.toString().strip();
  }
}
