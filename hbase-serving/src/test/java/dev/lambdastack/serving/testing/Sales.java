package dev.lambdastack.serving.testing;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;

/** Views over {@link Sale}s, and sales at random. */
public final class Sales {
  /** The length of an epoch. */
  public static final Duration EPOCH = Duration.ofMinutes(1);

  /** A window of the views. */
  public static final Duration WINDOW = Duration.ofHours(1);

  /** The number of the epoch that begins at 2026-01-01T00:00Z. */
  public static final long FIRST_EPOCH =
      Instant.parse("2026-01-01T00:00:00Z").getEpochSecond() / 60;

  private static final List<String> SHOPS =
      List.of("", "Oslo", "Oslo 2", "Łódź", "京都", "a\u0000b", "\uD83D\uDED2", "Zürich,\"old\"");

  private static final EventType TYPE =
      EventType.of(
          "sales",
          SchemaBuilder.record("Sale")
              .fields()
              .requiredString("shop")
              .requiredLong("clerk")
              .requiredBoolean("refund")
              .name("amount")
              .type(Schema.createUnion(Schema.create(Schema.Type.NULL), money()))
              .noDefault()
              .name("time")
              .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
              .noDefault()
              .endRecord(),
          "time",
          "shop");

  private Sales() {}

  private static Schema money() {
    return LogicalTypes.decimal(12, 2).addToSchema(Schema.create(Schema.Type.BYTES));
  }

  /** A view with every metric, keyed by these columns. */
  public static View view(String name, String... keys) {
    return builder(name, keys).build();
  }

  /** {@link #view} whose key column {@code clerk} is answered by the clerk's team. */
  public static View joined(String name, String dimension, String... keys) {
    EventType staff =
        EventType.of(
            dimension,
            SchemaBuilder.record("Clerk")
                .fields()
                .requiredLong("clerk")
                .optionalString("team")
                .optionalString("city")
                .name("time")
                .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
                .noDefault()
                .endRecord(),
            "time",
            "clerk");
    return builder(name, keys).lookup("clerk", staff, "team").build();
  }

  private static View.Builder builder(String name, String... keys) {
    return View.named(name)
        .over(TYPE)
        .keyedBy(keys)
        .window(WINDOW)
        .metric("sales", count())
        .metric("total", sum("amount"))
        .metric("average", avg("amount", 3, RoundingMode.HALF_UP))
        .metric("least", min("amount"))
        .metric("greatest", max("amount"))
        .metric("clerks", distinct("clerk"))
        .metric("last", latest("amount"));
  }

  /** Sales over three days of event time and ten epochs, in no order of time. */
  public static List<Sale> random(Random random, int count) {
    List<Sale> sales = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sales.add(
          new Sale(
              SHOPS.get(random.nextInt(SHOPS.size())),
              random.nextInt(40) - 20,
              random.nextBoolean(),
              random.nextInt(10) == 0 ? null : BigDecimal.valueOf(random.nextInt(100_000), 2),
              Instant.parse("2025-12-31T00:00:00Z").plusSeconds(random.nextInt(3 * 86_400)),
              random.nextInt(3),
              i,
              FIRST_EPOCH + random.nextInt(10)));
    }
    return sales;
  }
}
