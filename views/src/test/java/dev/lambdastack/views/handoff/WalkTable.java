package dev.lambdastack.views.handoff;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A speed table as HBase keeps one with one version per cell: of two writes the greater timestamp
 * is seen, of equal ones the later; cells go when their time to live has passed since their
 * timestamp.
 */
final class WalkTable {
  record Place(long window, long epoch) {}

  private record Seen(long timestamp, WalkTotal.Stored total) {}

  private final Map<Place, Seen> cells = new HashMap<>();

  void put(Place place, long timestamp, WalkTotal.Stored total) {
    Seen seen = cells.get(place);
    if (seen == null || timestamp >= seen.timestamp()) {
      cells.put(place, new Seen(timestamp, total));
    }
  }

  WalkTable copy() {
    WalkTable copy = new WalkTable();
    copy.cells.putAll(cells);
    return copy;
  }

  void expire(long now, long retentionMillis) {
    cells.values().removeIf(c -> c.timestamp() + retentionMillis <= now);
  }

  void forEach(BiConsumer<Place, WalkTotal.Stored> consumer) {
    cells.forEach((place, seen) -> consumer.accept(place, seen.total()));
  }
}
