package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.views.ViewShape;
import java.util.List;

/**
 * The rows of a view that were asked for, all by one published row: never a mix of two versions,
 * generations or declarations. Immutable.
 *
 * @param shape the declaration that the tables were filled by
 * @param rows by window start, then by key; a window without events has no row
 */
public record Answer(ViewShape shape, List<MergedRow> rows, Provenance provenance) {
  public Answer {
    rows = List.copyOf(rows);
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
