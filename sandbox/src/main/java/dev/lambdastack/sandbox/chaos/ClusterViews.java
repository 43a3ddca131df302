package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.util.List;

/**
 * The views that a drill on a cluster asks for, over the topic {@code orders-cluster}. {@code
 * scripts/test-cluster} makes a jar of them and names this provider in it.
 */
public final class ClusterViews implements ViewProvider {
  static final String RUN = "cluster";

  @Override
  public List<View> views() {
    return List.of(ChaosViews.actionMetrics(RUN), ChaosViews.dailySales(RUN));
  }

  /** The next release of that jar: a declaration has changed, and what it must answer has not. */
  public static final class Changed implements ViewProvider {
    @Override
    public List<View> views() {
      return List.of(ChaosViews.actionMetrics(RUN), ChaosViews.changedDailySales(RUN));
    }
  }
}
