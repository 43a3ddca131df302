package dev.lambdastack.speed.source;

import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.ViewShape;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Contributions of one task that have not been sent yet, so that many events of one row cost one
 * message. Holds nothing across a barrier. Not thread-safe.
 */
final class PreAggregate {
  private record Cell(RowId id, long epoch) {}

  private record Entry(int partition, long offset, Aggregate aggregate) {}

  private final Map<Cell, Entry> entries = new HashMap<>();
  private long earliestEpoch = Long.MAX_VALUE;

  /** The aggregate that takes the event at these coordinates. */
  Aggregate at(RowId id, long epoch, ViewShape shape, int partition, long offset) {
    earliestEpoch = Math.min(earliestEpoch, epoch);
    return entries
        .computeIfAbsent(
            new Cell(id, epoch), c -> new Entry(partition, offset, shape.emptyAggregate()))
        .aggregate();
  }

  int size() {
    return entries.size();
  }

  /** {@link Long#MAX_VALUE} when empty. */
  long earliestEpoch() {
    return earliestEpoch;
  }

  /** Gives all away and is empty. */
  void drainTo(Consumer<Contribution> out) {
    entries.forEach(
        (cell, entry) ->
            out.accept(
                new Contribution(
                    cell.id(),
                    cell.epoch(),
                    entry.partition(),
                    entry.offset(),
                    entry.aggregate().toBytes())));
    entries.clear();
    earliestEpoch = Long.MAX_VALUE;
  }
}
