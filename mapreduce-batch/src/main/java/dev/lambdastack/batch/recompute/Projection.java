package dev.lambdastack.batch.recompute;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What views of one event type read of its events, beside the event time.
 *
 * @param columns in the order in which rows have them
 * @param withCoordinates whether partition and offset are needed
 */
record Projection(EventType type, List<String> columns, boolean withCoordinates) {
  Projection {
    columns = List.copyOf(columns);
  }

  /**
   * What these views read together.
   *
   * @param withCoordinates whether somebody else needs partition and offset
   */
  static Projection of(List<View> views, boolean withCoordinates) {
    Set<String> columns = new LinkedHashSet<>();
    views.forEach(v -> columns.addAll(v.columnsWithRules()));
    return new Projection(
        views.get(0).eventType(),
        List.copyOf(columns),
        withCoordinates || views.stream().anyMatch(Projection::looksAtCoordinates));
  }

  private static boolean looksAtCoordinates(View view) {
    return hasDerivedColumns(view)
        || view.shape().metrics().stream().anyMatch(m -> m.metric().kind() == Metric.Kind.LATEST);
  }

  /** A formula may look at where the event stands. */
  private static boolean hasDerivedColumns(View view) {
    try {
      return !new ObjectMapper().readTree(view.declaration()).required("derived").isEmpty();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
