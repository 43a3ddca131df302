package dev.lambdastack.speed.progress;

import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the progress of the job's generations, and makes each the one that is read as soon as the
 * rules of the hand-off let it. Used by one thread at a time.
 */
final class Publication {
  private final PublishedTable store;
  private final List<Slot> slots;
  private final List<Slot> waiting;

  Publication(PublishedTable store, List<Slot> slots) {
    this.store = store;
    this.slots = slots;
    this.waiting = new ArrayList<>(slots);
  }

  /** What readers were told of a generation. */
  Progress published(Slot slot) throws IOException {
    return store
        .pointer()
        .known(slot.view())
        .generations()
        .getOrDefault(slot.generation(), Progress.NONE);
  }

  /** Says that all before these positions is durable, then takes over where that is allowed. */
  void publish(Progress progress) throws IOException {
    for (Slot slot : slots) {
      store.progress().put(slot.view(), slot.generation().number(), progress.applied());
    }
    for (Slot slot : List.copyOf(waiting)) {
      if (isOver(slot)) {
        waiting.remove(slot);
      }
    }
  }

  /** Whether our generation, or one that came after it, is the one that is read. */
  private boolean isOver(Slot slot) throws IOException {
    PublishedRow.Known known = store.pointer().known(slot.view());
    Generation ours = slot.generation();
    long current =
        known.current().flatMap(PublishedRow::generation).map(Generation::number).orElse(0L);
    if (current >= ours.number()) {
      return true;
    }
    Optional<PublishedRow> next = PublishedRow.takeOver(known, ours);
    // Where another flip was faster, the next checkpoint decides again.
    return next.isPresent() && store.pointer().compareAndSet(known.current(), next.get());
  }
}
