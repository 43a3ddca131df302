package dev.lambdastack.batch.deadletters;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * What is known of a topic's replays. Pure. An intent is done, undone, or in doubt: a run was
 * killed, and the next one finds out.
 */
final class History {
  private final Map<Long, Intent> intents = new TreeMap<>();
  private final Set<Long> done;
  private final Set<Long> undone;
  private final Map<Integer, Map<Long, Long>> replayed = new TreeMap<>();
  private final Map<Integer, Set<Long>> inDoubt = new TreeMap<>();

  /**
   * The history.
   *
   * @param done the sequence numbers of transactions that were committed
   * @param undone of those that were not, and will not be
   */
  History(Collection<Intent> intents, Set<Long> done, Set<Long> undone) {
    this.done = Set.copyOf(done);
    this.undone = Set.copyOf(undone);
    intents.forEach(i -> this.intents.put(i.sequence(), i));

    for (Intent intent : intents) {
      if (done.contains(intent.sequence())) {
        intent
            .letters()
            .forEach(
                (p, offsets) ->
                    offsets.forEach(
                        o ->
                            replayed
                                .computeIfAbsent(p, k -> new TreeMap<>())
                                .put(o, intent.sequence())));
      } else if (!undone.contains(intent.sequence())) {
        intent
            .letters()
            .forEach((p, o) -> inDoubt.computeIfAbsent(p, k -> new HashSet<>()).addAll(o));
      }
    }
  }

  /** The number that the next intent takes. */
  long next() {
    return LongStream.concat(LongStream.of(0), intents.keySet().stream().mapToLong(Long::longValue))
            .max()
            .orElseThrow()
        + 1;
  }

  /** The intents of which nobody has said yet whether they were carried out. */
  List<Intent> open() {
    List<Intent> open = new ArrayList<>();
    intents.forEach(
        (sequence, intent) -> {
          if (!done.contains(sequence) && !undone.contains(sequence)) {
            open.add(intent);
          }
        });
    return open;
  }

  /** The replay that has produced the letter again; empty when none has for certain. */
  OptionalLong replayOf(DeadLetter letter) {
    Long sequence = replayed.getOrDefault(letter.partition(), Map.of()).get(letter.offset());
    return sequence == null ? OptionalLong.empty() : OptionalLong.of(sequence);
  }

  /** Whether a replay may have produced the letter again. */
  boolean isInDoubt(DeadLetter letter) {
    return inDoubt.getOrDefault(letter.partition(), Set.of()).contains(letter.offset());
  }

  /** This history, with what was found out of open intents. */
  History with(Set<Long> nowDone, Set<Long> nowUndone) {
    Set<Long> allDone = new HashSet<>(done);
    allDone.addAll(nowDone);
    Set<Long> allUndone = new HashSet<>(undone);
    allUndone.addAll(nowUndone);
    return new History(intents.values(), allDone, allUndone);
  }
}
