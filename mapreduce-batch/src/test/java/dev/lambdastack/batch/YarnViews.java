package dev.lambdastack.batch;

import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.time.Duration;
import java.util.List;

/** A view that tasks in other processes find, as they find a user's. */
public final class YarnViews implements ViewProvider {
  static final String TOPIC = "sales-on-yarn";
  static final String VIEW = "sales_on_yarn";

  @Override
  public List<View> views() {
    return List.of(
        View.named(VIEW)
            .over(Sale.type(TOPIC, Sale.V1))
            .keyedBy("kind")
            .window(Duration.ofDays(1))
            .metric("events", Metric.count())
            .metric("users", Metric.distinct("user"))
            .build());
  }
}
