package dev.lambdastack.speed.progress;

import dev.lambdastack.speed.message.Position;
import dev.lambdastack.views.handoff.Progress;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the positions of a job allow: decided here, done elsewhere. */
final class Positions {
  private Positions() {}

  static Progress progress(Map<Integer, Position> positions) {
    Map<Integer, Progress.Applied> applied = new TreeMap<>();
    positions.forEach(
        (p, position) ->
            applied.put(p, new Progress.Applied(position.next(), position.logTimeMillis())));
    return new Progress(applied);
  }

  /**
   * Why a job may not go on from these positions, as one line: what was published holds of totals
   * that it would replace by others.
   */
  static Optional<String> behind(
      Map<Integer, Position> restored, Progress published, String generation) {
    for (Map.Entry<Integer, Progress.Applied> entry : published.applied().entrySet()) {
      Position position = restored.get(entry.getKey());
      if (position == null || position.next() < entry.getValue().offset()) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "Cannot go on from this checkpoint: it lies behind what %s has published (partition %d: checkpoint at offset %s, published %d); give the newest checkpoint, or start with --fresh",
                generation,
                entry.getKey(),
                position == null ? "none" : String.valueOf(position.next()),
                entry.getValue().offset()));
      }
    }

    return Optional.empty();
  }

  /** The partitions whose position lies before these offsets. */
  static Set<Integer> before(Map<Integer, Position> positions, Map<Integer, Long> offsets) {
    Set<Integer> before = new TreeSet<>();
    offsets.forEach(
        (p, offset) -> {
          if (!positions.containsKey(p) || positions.get(p).next() < offset) {
            before.add(p);
          }
        });
    return before;
  }

  /** The partitions of which no record has been read whose log time reaches this one. */
  static Set<Integer> quiet(Map<Integer, Position> positions, long dueMillis) {
    Set<Integer> quiet = new TreeSet<>();
    positions.forEach(
        (p, position) -> {
          if (position.logTimeMillis() < dueMillis) {
            quiet.add(p);
          }
        });
    return quiet;
  }
}
