package dev.lambdastack.views;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Published rows of the tests: one view, epochs of ten minutes, two partitions. */
public final class TestRows {
  public static final Duration EPOCH = Duration.ofMinutes(10);
  public static final Duration RETENTION = Duration.ofDays(3);

  static final View VIEW =
      View.named("daily_sales")
          .over(TestTypes.EVERYTHING)
          .keyedBy("text", "flag")
          .window(Duration.ofDays(1))
          .where("other", Condition.is("purchase"))
          .metric("orders", count())
          .metric("revenue", sum("money"))
          .metric("average", avg("money_null", 2, RoundingMode.HALF_UP))
          .build();

  static final String PUBLISHED_JSON =
      "{\"view\":\"daily_sales\",\"flips\":7,\"version\":{\"number\":3,\"table\":\"lambda:daily_sale"
          + "s.v3\",\"fingerprint\":\"f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
          + "0f0f0\",\"shape\":{\"name\":\"daily_sales\",\"key\":[{\"name\":\"text\",\"type\":\"STRING\",\"scal"
          + "e\":0,\"nullable\":false},{\"name\":\"flag\",\"type\":\"BOOLEAN\",\"scale\":0,\"nullable\":fals"
          + "e}],\"windowMillis\":86400000,\"saltBuckets\":16,\"metrics\":[{\"name\":\"orders\",\"kind\":"
          + "\"COUNT\"},{\"name\":\"revenue\",\"kind\":\"SUM\",\"input\":{\"name\":\"money\",\"type\":\"DECIMAL\""
          + ",\"scale\":2,\"nullable\":false}},{\"name\":\"average\",\"kind\":\"AVG\",\"input\":{\"name\":\"mo"
          + "ney_null\",\"type\":\"DECIMAL\",\"scale\":2,\"nullable\":true},\"scale\":2,\"rounding\":\"HALF"
          + "_UP\"}]},\"horizon\":2949768,\"offsets\":{\"0\":40,\"1\":50},\"epochMillis\":600000,\"run\":1"
          + "2,\"runDigest\":\"d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"
          + "1d1d1d1d1\",\"rows\":345,\"events\":6789,\"created\":\"2026-01-31T12:34:56.789Z\"},\"gener"
          + "ation\":{\"number\":2,\"table\":\"lambda:daily_sales.speed.g2\",\"fingerprint\":\"f0f0f0f0"
          + "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0\",\"shape\":{\"name\":\"daily"
          + "_sales\",\"key\":[{\"name\":\"text\",\"type\":\"STRING\",\"scale\":0,\"nullable\":false},{\"name"
          + "\":\"flag\",\"type\":\"BOOLEAN\",\"scale\":0,\"nullable\":false}],\"windowMillis\":86400000,\""
          + "saltBuckets\":16,\"metrics\":[{\"name\":\"orders\",\"kind\":\"COUNT\"},{\"name\":\"revenue\",\"k"
          + "ind\":\"SUM\",\"input\":{\"name\":\"money\",\"type\":\"DECIMAL\",\"scale\":2,\"nullable\":false}}"
          + ",{\"name\":\"average\",\"kind\":\"AVG\",\"input\":{\"name\":\"money_null\",\"type\":\"DECIMAL\",\"s"
          + "cale\":2,\"nullable\":true},\"scale\":2,\"rounding\":\"HALF_UP\"}]},\"life\":\"life-2\",\"cove"
          + "rage\":2949700,\"firstEpoch\":2949700,\"startOffsets\":{\"0\":4,\"1\":5},\"epochMillis\":60"
          + "0000,\"retentionMillis\":259200000,\"opened\":\"2026-01-31T11:00:00Z\"}}";

  static final Origin ORIGIN =
      new Origin(
          "etl",
          Duration.ofMillis(8123),
          List.of(
              new RuleResult("nullShare(money_null) <= 0.5", 6789, 17, true, List.of()),
              new RuleResult("revenue >= 0", 345, 1, false, List.of("a, true: revenue is -1.00"))),
          OptionalLong.of(3));

  static final String ORIGIN_JSON =
      "{\"user\":\"etl\",\"durationMillis\":8123,\"rules\":[{\"rule\":\"nullShare(money_null) <="
          + " 0.5\",\"checked\":6789,\"counted\":17,\"met\":true},{\"rule\":\"revenue >="
          + " 0\",\"checked\":345,\"counted\":1,\"met\":false,\"examples\":[\"a, true: revenue is"
          + " -1.00\"]}],\"base\":3}";

  private TestRows() {}

  public static Version version(
      long number, String fingerprint, long horizon, Map<Integer, Long> offsets) {
    return new Version(
        number,
        "lambda:daily_sales.v" + number,
        fingerprint,
        VIEW.shape(),
        new Horizon(horizon, offsets),
        EPOCH,
        12,
        "d1".repeat(32),
        Version.Counts.of(345, 6789),
        Instant.parse("2026-01-31T12:34:56.789Z"),
        Optional.empty());
  }

  public static Generation generation(
      long number, String fingerprint, long coverage, Map<Integer, Long> startOffsets) {
    return new Generation(
        number,
        "lambda:daily_sales.speed.g" + number,
        fingerprint,
        VIEW.shape(),
        "life-" + number,
        coverage,
        coverage,
        startOffsets,
        EPOCH,
        RETENTION,
        Instant.parse("2026-01-31T11:00:00Z"));
  }

  public static PublishedRow published() {
    String fingerprint = "f0".repeat(32);
    return new PublishedRow(
        "daily_sales",
        7,
        Optional.of(version(3, fingerprint, 2_949_768, Map.of(0, 40L, 1, 50L))),
        Optional.of(generation(2, fingerprint, 2_949_700, Map.of(0, 4L, 1, 5L))));
  }
}
