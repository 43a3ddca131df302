package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.EventType;
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
        withCoordinates || views.stream().anyMatch(View::looksAtCoordinates));
  }
}
