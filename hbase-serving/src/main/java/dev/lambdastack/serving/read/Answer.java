package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.ViewShape;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The rows of a view that were asked for, all by one published row: never a mix of two versions,
 * generations or declarations. Immutable.
 *
 * @param shape the declaration that the tables were filled by, with attributes in place of the key
 *     columns that are looked up
 * @param rows by window start, then by key; a window without events has no row
 * @param joined what the rows were joined to; empty where the view looks nothing up
 */
public record Answer(
    ViewShape shape, List<MergedRow> rows, Provenance provenance, Optional<Joined> joined) {
  public Answer {
    rows = List.copyOf(rows);
  }

  /**
   * The join of an answer.
   *
   * @param dimensions by name: up to when all changes of a dimension are seen, by its loader's
   *     clock
   * @param withoutId how many events of the rows stand under {@value
   *     dev.lambdastack.views.Lookup#UNKNOWN} since a dimension does not have their id
   * @param withoutAttribute how many stand there since the dimension has their id, and no attribute
   *     of it
   */
  public record Joined(Map<String, Instant> dimensions, long withoutId, long withoutAttribute) {
    public Joined {
      dimensions = Collections.unmodifiableMap(new TreeMap<>(dimensions));
    }

    /** How many events of the rows stand under {@value Lookup#UNKNOWN}. */
    public long unknownEvents() {
      return withoutId + withoutAttribute;
    }
  }

  /** Whether no event with a log time before {@link Provenance#freshness} is missing. */
  public boolean complete() {
    return provenance.complete();
  }

  /** How many events the rows hold. */
  public long events() {
    return rows.stream().mapToLong(MergedRow::events).sum();
  }

  /** How many of {@link #events} the speed layer contributed. */
  public long speedEvents() {
    return rows.stream().mapToLong(MergedRow::speedEvents).sum();
  }

  /** The part of the events that came from the speed layer, 0 to 1; 0 without events. */
  public double speedShare() {
    return events() == 0 ? 0 : (double) speedEvents() / events();
  }
}
