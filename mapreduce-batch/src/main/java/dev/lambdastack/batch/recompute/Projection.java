package dev.lambdastack.batch.recompute;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import java.util.List;

/**
 * What a view reads of its events, beside the event time.
 *
 * @param columns in the order in which rows have them
 * @param withCoordinates whether partition and offset are needed
 */
record Projection(EventType type, List<String> columns, boolean withCoordinates) {
  Projection {
    columns = List.copyOf(columns);
  }

  static Projection of(View view) {
    boolean latest =
        view.shape().metrics().stream().anyMatch(m -> m.metric().kind() == Metric.Kind.LATEST);
    return new Projection(view.eventType(), view.columns(), latest || hasDerivedColumns(view));
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
