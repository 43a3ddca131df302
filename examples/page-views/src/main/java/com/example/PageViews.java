package com.example;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.time.Duration;
import java.util.List;

/** How much each page is looked at, by the hour. */
public final class PageViews implements ViewProvider {
  private static final EventType PAGE_VIEWS =
      EventType.of(
          "page-views",
          SchemaStore.load(PageViews.class.getClassLoader()).find("com.example.PageView", 1),
          "event_time",
          "visitor");

  @Override
  public List<View> views() {
    return List.of(
        View.named("page_traffic")
            .over(PAGE_VIEWS)
            .keyedBy("page")
            .window(Duration.ofHours(1))
            .metric("views", count())
            .metric("visitors", distinct("visitor"))
            .metric("avg_seconds", avg("seconds"))
            .build());
  }
}
