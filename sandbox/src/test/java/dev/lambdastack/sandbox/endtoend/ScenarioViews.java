package dev.lambdastack.sandbox.endtoend;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The reference views once more for each scenario, over a topic of its own, so that scenarios share
 * the clusters and nothing else. Found by the service loader, as a user's jar is.
 */
public final class ScenarioViews implements ViewProvider {
  static final List<String> SCENARIOS =
      List.of(
          "late",
          "twice",
          "corrupt",
          "coverage",
          "quiet",
          "flowing",
          "restored",
          "stalled",
          "changed",
          "reverted",
          "verdicts",
          "replayed",
          "grown",
          "saved");

  /** Scenarios whose view is keyed by the order, so that each record has a cell of its own. */
  static final List<String> EPOCHS = List.of("epochs", "more-epochs");

  /** The scenario whose view has every kind of metric. */
  static final String METRICS = "metrics";

  /** Scenarios whose {@code daily_sales} is declared the new way where {@link #changed} says so. */
  private static final List<String> CHANGING = List.of("changed", "reverted");

  /** The scenario whose view is joined to a dimension. */
  static final String JOINED = "joined";

  private static volatile boolean changed;

  @Override
  public List<View> views() {
    List<View> views = new ArrayList<>();
    for (String scenario : SCENARIOS) {
      views.add(actionMetrics(scenario));
      views.add(dailySales(scenario));
    }
    for (String scenario : EPOCHS) {
      views.add(
          View.named(scenario.replace('-', '_') + "_by_order")
              .over(orders(scenario))
              .keyedBy("order_id")
              .window(Duration.ofDays(1))
              .metric("records", count())
              .build());
    }
    views.add(everyMetric());
    views.add(
        View.named(JOINED + "_by_brand")
            .over(orders(JOINED))
            .where("action", is("purchase"))
            .keyedBy("product_id")
            .lookup("product_id", joinedProducts(), "brand_name")
            .window(Duration.ofDays(1))
            .metric("orders", count())
            .metric("revenue", sum("amount"))
            .metric("customers", distinct("customer_id"))
            .build());
    return views;
  }

  /** Over exact numbers, text, times, floating point and what may be null. */
  private static View everyMetric() {
    return View.named(METRICS + "_of_every_kind")
        .over(orders(METRICS))
        .keyedBy("action")
        .window(Duration.ofDays(30))
        .derived(
            new Column("price", ColumnType.DOUBLE, 0, true),
            1,
            List.of("amount", "quantity"),
            row -> row.longAt(1) == 1 ? null : (Double) (row.longAt(0) / (double) row.longAt(1)))
        .derived(
            new Column("many", ColumnType.LONG, 0, true),
            1,
            List.of("quantity"),
            row -> row.longAt(0) < 3 ? null : (Long) row.longAt(0))
        .metric("events", count())
        .metric("amount", sum("amount"))
        .metric("many_sum", sum("many"))
        .metric("many_average", avg("many"))
        .metric("least_amount", min("amount"))
        .metric("first_time", min("event_time"))
        .metric("least_price", min("price"))
        .metric("greatest_price", max("price"))
        .metric("prices", distinct("price"))
        .metric("orders", distinct("order_id"))
        .metric("categories", distinct("product_category"))
        .metric("last_order", latest("order_id"))
        .metric("last_category", latest("product_category"))
        .metric("last_price", latest("price"))
        .build();
  }

  static void declareChanged(boolean anew) {
    changed = anew;
  }

  static EventType orders(String scenario) {
    return EventType.of(
        "orders-" + scenario, ReferenceEvents.ORDERS.schema(), "event_time", "customer_id");
  }

  static EventType joinedProducts() {
    return EventType.of(
        "products-" + JOINED, ReferenceEvents.PRODUCTS.schema(), "event_time", "product_id");
  }

  private static View actionMetrics(String scenario) {
    return View.named(scenario + "_action_metrics")
        .over(orders(scenario))
        .keyedBy("action")
        .window(Duration.ofMinutes(1))
        .metric("event_count", count())
        .metric("total_amount", sum("amount"))
        .metric("unique_users", distinct("customer_id"))
        .build();
  }

  private static View dailySales(String scenario) {
    View.Builder view =
        View.named(scenario + "_daily_sales")
            .over(orders(scenario))
            .where("action", is("purchase"))
            .keyedBy("product_category")
            .window(Duration.ofDays(1))
            .metric("order_count", count())
            .metric("total_revenue", sum("amount"))
            .metric("avg_order_value", avg("amount", 2, RoundingMode.HALF_UP))
            .metric("unique_customers", distinct("customer_id"));
    return CHANGING.contains(scenario) && changed
        ? view.metric("largest_order", max("amount")).build()
        : view.build();
  }
}
