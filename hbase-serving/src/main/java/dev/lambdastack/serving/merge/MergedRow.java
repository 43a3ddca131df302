package dev.lambdastack.serving.merge;

import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The merged answer for one key and one window {@code [start, end)} of event time. Immutable.
 *
 * @param key the key's parts in declared order: String, Long, BigDecimal, Boolean or Instant
 * @param values by metric name, in declared order; null where a metric saw only nulls
 * @param events how many events were folded in, at least one
 * @param speedEvents how many of them the speed layer contributed
 */
public record MergedRow(
    List<Object> key,
    Instant start,
    Instant end,
    Map<String, Object> values,
    long events,
    long speedEvents) {

  public MergedRow {
    key = List.copyOf(key);
    values = Collections.unmodifiableMap(values);
  }

  /** The part of the events that came from the speed layer, 0 to 1. */
  public double speedShare() {
    return events == 0 ? 0 : (double) speedEvents / events;
  }

  /**
   * The value of one metric; null where it saw only nulls.
   *
   * @throws IllegalArgumentException when the view has no metric of this name
   */
  public Object value(String metric) {
    if (!values.containsKey(metric)) {
      throw new IllegalArgumentException(
          "No metric '%s'; the view has %s".formatted(metric, values.keySet()));
    }
    return values.get(metric);
  }

  static MergedRow of(ViewShape shape, byte[] rowKey, Aggregate whole, long speedEvents) {
    Instant start = Instant.ofEpochMilli(RowKey.windowStart(rowKey));
    return new MergedRow(
        RowKey.key(shape, rowKey),
        start,
        start.plus(shape.window()),
        whole.values(),
        whole.events(),
        speedEvents);
  }
}
