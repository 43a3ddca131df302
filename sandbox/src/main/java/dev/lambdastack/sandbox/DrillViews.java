package dev.lambdastack.sandbox;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

/** The view of the drill, as it should be and with a formula that somebody got wrong. */
final class DrillViews {
  static final String VIEW = "drill_sales";
  static final String TOPIC = "orders-drill";

  /** What the wrong formula takes for the price. */
  static final BigDecimal WRONG = new BigDecimal("0.5");

  /** The columns' scale and that of the factor. */
  private static final int SCALE = 3;

  /** The jar that is right. */
  static final ViewsLoader RIGHT = loader -> Views.of(List.of(right()));

  /** The jar with the mistake. */
  static final ViewsLoader MISTAKEN = loader -> Views.of(List.of(mistaken()));

  private DrillViews() {}

  static EventType orders() {
    return EventType.of(TOPIC, ReferenceEvents.ORDERS.schema(), "event_time", "customer_id");
  }

  private static View.Builder sales() {
    return View.named(VIEW)
        .over(orders())
        .where("action", is(ShopEvent.Action.PURCHASE.symbol()))
        .keyedBy("product_category")
        .window(Duration.ofDays(1))
        .metric("orders", count());
  }

  private static View right() {
    return sales().metric("revenue", sum("amount")).build();
  }

  private static View mistaken() {
    return sales()
        .derived(
            new Column("price", ColumnType.DECIMAL, SCALE, false),
            1,
            List.of("amount"),
            row -> row.decimalAt(0, 2).multiply(new BigDecimal("0.5")))
        .metric("revenue", sum("price"))
        .build();
  }
}
