package dev.lambdastack.views.handoff;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** The published row, the catalog and the progress of one view, as the store keeps them. */
final class WalkStore {
  private Optional<PublishedRow> row = Optional.empty();
  private final TreeMap<Long, Generation> generations = new TreeMap<>();
  private final Map<Long, TreeMap<Integer, Progress.Applied>> progress = new HashMap<>();

  Optional<PublishedRow> row() {
    return row;
  }

  boolean compareAndSet(Optional<PublishedRow> before, PublishedRow after) {
    if (!row.map(PublishedRow::toJson).equals(before.map(PublishedRow::toJson))) {
      return false;
    }
    row = Optional.of(PublishedRow.fromJson(after.toJson()));
    return true;
  }

  long nextGeneration() {
    return generations.isEmpty() ? 1 : generations.lastKey() + 1;
  }

  void open(Generation generation) {
    generations.put(generation.number(), Generation.fromJson(generation.toJson()));
  }

  /** The farthest wins in each partition, whatever the order of writes. */
  void putProgress(Generation generation, Progress reached) {
    TreeMap<Integer, Progress.Applied> known =
        progress.computeIfAbsent(generation.number(), n -> new TreeMap<>());
    reached
        .applied()
        .forEach(
            (p, applied) -> known.merge(p, applied, (a, b) -> b.offset() >= a.offset() ? b : a));
  }

  void loseProgress(Generation generation) {
    progress.remove(generation.number());
  }

  Progress progress(Generation generation) {
    TreeMap<Integer, Progress.Applied> known = progress.get(generation.number());
    return known == null ? Progress.NONE : new Progress(known);
  }

  /**
   * What a flip is decided on.
   *
   * @param seen how a generation looks to the rules: itself, unless a walk deceives them
   */
  PublishedRow.Known known(UnaryOperator<Generation> seen) {
    Map<Generation, Progress> all = new HashMap<>();
    generations.values().forEach(g -> all.put(seen.apply(g), progress(g)));
    return new PublishedRow.Known(row.map(r -> deceived(r, seen)), all);
  }

  static PublishedRow deceived(PublishedRow row, UnaryOperator<Generation> seen) {
    return new PublishedRow(row.view(), row.flips(), row.version(), row.generation().map(seen));
  }

  Generation generation(long number) {
    return generations.get(number);
  }

  /** What a reader takes with one Get. */
  record Snapshot(PublishedRow row, Progress progress, Instant at) {
    Optional<String> refusal(Instant now, Duration skew) {
      return row.incompleteBecause(now, skew);
    }
  }
}
