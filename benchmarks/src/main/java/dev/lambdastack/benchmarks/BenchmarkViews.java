package dev.lambdastack.benchmarks;

import static dev.lambdastack.views.Condition.atMost;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;

/** What the benchmarks compute over TPC-H's line items. */
public final class BenchmarkViews implements ViewProvider {
  /** Topic, schema and event time of line items. */
  static final EventType LINE_ITEMS =
      EventType.of(
          "line-items",
          SchemaStore.load(BenchmarkViews.class.getClassLoader())
              .find("dev.lambdastack.benchmarks.LineItem", 1),
          "event_time",
          "order_key");

  /** Count and sums, by ship mode, return flag and day. */
  static final String SUMS = "shipping_daily";

  /** Counts of different parts, by ship mode and day. */
  static final String DISTINCT = "parts_daily";

  /** TPC-H's query 1, the pricing summary report. */
  static final String QUERY_1 = "pricing_summary";

  private static final int SCALE_OF_DISC_PRICE = 4;
  private static final int SCALE_OF_CHARGE = 6;

  /** One window for all that TPC-H has: it ends in 1998. */
  private static final Duration A_HUNDRED_YEARS = Duration.ofDays(36_525);

  /** TPC-H 2.4.1: all that was shipped 90 days before the last day, and earlier. */
  private static final int LAST_SHIP_DATE = (int) LocalDate.of(1998, 9, 2).toEpochDay();

  @Override
  public List<View> views() {
    return List.of(
        View.named(SUMS)
            .over(LINE_ITEMS)
            .keyedBy("ship_mode", "return_flag")
            .window(Duration.ofDays(1))
            .metric("items", count())
            .metric("quantity", sum("quantity"))
            .metric("revenue", sum("extended_price"))
            .build(),
        View.named(DISTINCT)
            .over(LINE_ITEMS)
            .keyedBy("ship_mode")
            .window(Duration.ofDays(1))
            .metric("items", count())
            .metric("parts", distinct("part_key"))
            .build(),
        View.named(QUERY_1)
            .over(LINE_ITEMS)
            .keyedBy("return_flag", "line_status")
            .window(A_HUNDRED_YEARS)
            .where("ship_date", atMost(LAST_SHIP_DATE))
            .derived(
                new Column("disc_price", ColumnType.DECIMAL, SCALE_OF_DISC_PRICE, false),
                1,
                List.of("extended_price", "discount"),
                row -> BigDecimal.valueOf(row.longAt(0) * (100 - row.longAt(1)), 4))
            .derived(
                new Column("charge", ColumnType.DECIMAL, SCALE_OF_CHARGE, false),
                1,
                List.of("extended_price", "discount", "tax"),
                row ->
                    BigDecimal.valueOf(
                        row.longAt(0) * (100 - row.longAt(1)) * (100 + row.longAt(2)), 6))
            .metric("sum_qty", sum("quantity"))
            .metric("sum_base_price", sum("extended_price"))
            .metric("sum_disc_price", sum("disc_price"))
            .metric("sum_charge", sum("charge"))
            .metric("avg_qty", avg("quantity"))
            .metric("avg_price", avg("extended_price"))
            .metric("avg_disc", avg("discount"))
            .metric("count_order", count())
            .build());
  }
}
