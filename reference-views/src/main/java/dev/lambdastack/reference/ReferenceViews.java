package dev.lambdastack.reference;

import static dev.lambdastack.reference.ReferenceEvents.HEALTH_PROBES;
import static dev.lambdastack.reference.ReferenceEvents.ORDERS;
import static dev.lambdastack.reference.ReferenceEvents.PRODUCTS;
import static dev.lambdastack.reference.ReferenceEvents.SENSOR_READINGS;
import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static dev.lambdastack.views.Rule.metric;

import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;

/** The reference views: what the quickstart, the tests and the documents use. */
public final class ReferenceViews implements ViewProvider {
  @Override
  public List<View> views() {
    return List.of(actionMetrics(), dailySales(), salesByBrand(), deviceTemperature(), health());
  }

  /** What happens in the stores, by the minute. */
  private static View actionMetrics() {
    return View.named("action_metrics")
        .over(ORDERS)
        .keyedBy("action")
        .window(Duration.ofMinutes(1))
        .metric("event_count", count())
        .metric("total_amount", sum("amount"))
        .metric("unique_users", distinct("customer_id"))
        .build();
  }

  /**
   * What each brand sells, by four weeks. A product that changes its brand takes its past along.
   */
  private static View salesByBrand() {
    return View.named("sales_by_brand")
        .over(ORDERS)
        .where("action", is("purchase"))
        .keyedBy("product_id")
        .lookup("product_id", PRODUCTS, "brand_name")
        .window(Duration.ofDays(28))
        .metric("order_count", count())
        .metric("total_revenue", sum("amount"))
        .metric("unique_customers", distinct("customer_id"))
        .build();
  }

  /** What each category sells, by the day; returns are not taken off. */
  private static View dailySales() {
    return View.named("daily_sales")
        .over(ORDERS)
        .where("action", is("purchase"))
        .keyedBy("product_category")
        .window(Duration.ofDays(1))
        .metric("order_count", count())
        .metric("total_revenue", sum("amount"))
        .metric("avg_order_value", avg("amount", 2, RoundingMode.HALF_UP))
        .metric("unique_customers", distinct("customer_id"))
        .expect(metric("total_revenue").atLeast(0))
        .build();
  }

  /** How warm it is at each device, by the hour, in degrees Celsius. */
  private static View deviceTemperature() {
    return View.named("device_temperature")
        .over(SENSOR_READINGS)
        .keyedBy("device")
        .window(Duration.ofHours(1))
        .metric("avg_temperature", avg("temperature", 2, RoundingMode.HALF_UP))
        .metric("min_temperature", min("temperature"))
        .metric("max_temperature", max("temperature"))
        .metric("latest_temperature", latest("temperature"))
        .build();
  }

  /** What a check of a cluster has sent, for it to be compared with what comes back. */
  private static View health() {
    return View.named("health")
        .over(HEALTH_PROBES)
        .keyedBy("probe")
        .window(Duration.ofDays(1))
        .metric("events", count())
        .metric("total", sum("number"))
        .build();
  }
}
