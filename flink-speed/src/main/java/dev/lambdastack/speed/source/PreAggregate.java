package dev.lambdastack.speed.source;

import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.aggregate.Aggregate;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Contributions of one task that have not been sent yet, so that many events of one row cost one
 * message. Holds nothing across a barrier. Not thread-safe.
 *
 * <p>A hash table with open addressing: most events find their row, and of those that do nothing is
 * made, not even the row's key.
 */
final class PreAggregate {
  private static final int LEAST = 1024;

  private record Entry(
      int hash, RowId id, long epoch, int partition, long offset, Aggregate aggregate) {}

  private Entry[] entries = new Entry[LEAST];

  /** One more than the index of the entry; 0 for none. Twice as long as the entries' array. */
  private int[] places = new int[2 * LEAST];

  private int size;
  private long earliestEpoch = Long.MAX_VALUE;

  /**
   * The aggregate that takes the event that the view has accepted.
   *
   * @param partition of the event
   * @param offset of the event
   */
  Aggregate at(int slot, BoundView view, long epoch, int partition, long offset) {
    earliestEpoch = Math.min(earliestEpoch, epoch);

    int hash = mix(view.rowHash(), slot, epoch);
    int mask = places.length - 1;
    int at = hash & mask;
    while (places[at] != 0) {
      Entry entry = entries[places[at] - 1];
      if (entry.hash() == hash
          && entry.epoch() == epoch
          && entry.id().slot() == slot
          && view.isRow(entry.id().row())) {
        return entry.aggregate();
      }
      at = at + 1 & mask;
    }

    if (size == entries.length) {
      grow();
      at = free(hash);
    }

    Entry entry =
        new Entry(
            hash,
            new RowId(slot, view.rowKey()),
            epoch,
            partition,
            offset,
            view.view().shape().emptyAggregate());

    entries[size++] = entry;
    places[at] = size;
    return entry.aggregate();
  }

  private static int mix(int row, int slot, long epoch) {
    long mixed = (row ^ (long) slot << 32 ^ epoch * 31) * 0xD6E8FEB86659FD93L;
    return (int) (mixed >>> 32);
  }

  private int free(int hash) {
    int mask = places.length - 1;
    int at = hash & mask;
    while (places[at] != 0) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    entries = Arrays.copyOf(entries, 2 * size);
    places = new int[4 * size];
    for (int i = 0; i < size; i++) {
      places[free(entries[i].hash())] = i + 1;
    }
  }

  int size() {
    return size;
  }

  /** {@link Long#MAX_VALUE} when empty. */
  long earliestEpoch() {
    return earliestEpoch;
  }

  /** Gives all away, in the order in which their first events came, and is empty. */
  void drainTo(Consumer<Contribution> out) {
    for (int i = 0; i < size; i++) {
      Entry entry = entries[i];
      out.accept(
          new Contribution(
              entry.id(),
              entry.epoch(),
              entry.partition(),
              entry.offset(),
              entry.aggregate().toBytes()));
    }

    Arrays.fill(entries, 0, size, null);
    Arrays.fill(places, 0);
    size = 0;
    earliestEpoch = Long.MAX_VALUE;
  }
}
