package dev.lambdastack.sandbox.chaos;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;

/** The views of one seed, declared as the reference views are, on a topic of their own. */
final class ChaosViews {
  /** Of an amount of money. */
  private static final int SCALE = 2;

  private ChaosViews() {}

  /** What the names of a seed's views begin with. */
  static String prefix(String run) {
    return run + "_";
  }

  static EventType orders(String run) {
    return EventType.of(
        "orders-" + run, ReferenceEvents.ORDERS.schema(), "event_time", "customer_id");
  }

  static ViewsLoader of(String run) {
    return loader -> Views.of(List.of(actionMetrics(run), dailySales(run)));
  }

  static View actionMetrics(String run) {
    return View.named(prefix(run) + "action_metrics")
        .over(orders(run))
        .keyedBy("action")
        .window(Duration.ofMinutes(1))
        .metric("event_count", count())
        .metric("total_amount", sum("amount"))
        .metric("unique_users", distinct("customer_id"))
        .build();
  }

  static View dailySales(String run) {
    return dailySales("amount", View.named(prefix(run) + "daily_sales").over(orders(run)));
  }

  /** The same by another declaration: a derived column that is the amount stands for it. */
  static View changedDailySales(String run) {
    View.Builder derived =
        View.named(prefix(run) + "daily_sales")
            .over(orders(run))
            .derived(
                new Column("price", ColumnType.DECIMAL, SCALE, false),
                1,
                List.of("amount"),
                row -> row.decimalAt(0, SCALE));
    return dailySales("price", derived);
  }

  private static View dailySales(String amount, View.Builder declared) {
    return declared
        .where("action", is("purchase"))
        .keyedBy("product_category")
        .window(Duration.ofDays(1))
        .metric("order_count", count())
        .metric("total_revenue", sum(amount))
        .metric("avg_order_value", avg(amount, 2, RoundingMode.HALF_UP))
        .metric("unique_customers", distinct("customer_id"))
        .build();
  }
}
