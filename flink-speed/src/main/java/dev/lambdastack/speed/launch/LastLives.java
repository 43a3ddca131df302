package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.PublishedRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the last lives of a topic's views have left, for {@link Continuation} to decide by.
 *
 * @param asked the checkpoint that was asked for; empty where none was
 * @param carried by view that {@code asked} lacks: its newest slot that a life carries
 * @param whyNot by view that no life carries: why, for a person
 * @param lives those of {@code carried}, by name, but for that of {@code asked}
 */
record LastLives(
    Optional<Asked> asked,
    Map<View, Slot> carried,
    Map<View, String> whyNot,
    Map<String, Found> lives) {

  /** The checkpoint that was asked for, and its life. */
  record Asked(String life, Continuation.From from) {}

  /**
   * A life as it was found.
   *
   * @param folder its URI
   * @param isRunning whether it gave a sign of life
   * @param newest its newest checkpoint
   * @param silent the claims of it that gave no sign of life
   */
  record Found(String folder, boolean isRunning, Optional<String> newest, Set<String> silent) {}

  /**
   * Reads the catalog and the folders, and waits a little for signs of life.
   *
   * @param asked the checkpoint that was asked for, if any
   * @throws InvalidInputException when that one is no good
   */
  static LastLives read(
      LambdaConfig config,
      String topic,
      List<View> views,
      Optional<String> asked,
      PublishedTable store)
      throws IOException, InterruptedException {
    return new Reader(config, topic, views, store).read(asked);
  }

  private static final class Reader {
    private final LambdaConfig config;
    private final String topic;
    private final List<View> views;
    private final PublishedTable store;
    private final Map<String, LifeFolder> folders = new HashMap<>();

    Reader(LambdaConfig config, String topic, List<View> views, PublishedTable store) {
      this.config = config;
      this.topic = topic;
      this.views = views;
      this.store = store;
    }

    LastLives read(Optional<String> checkpoint) throws IOException, InterruptedException {
      Optional<Asked> asked =
          checkpoint.isPresent() ? Optional.of(asked(checkpoint.get())) : Optional.empty();

      Map<View, Slot> carried = new HashMap<>();
      Map<View, String> whyNot = new HashMap<>();
      for (View view : views) {
        if (asked.isPresent() && asked.get().from().carries(view)) {
          continue;
        }
        Optional<Slot> slot = carried(view);
        if (slot.isPresent()) {
          carried.put(view, slot.get());
        } else {
          whyNot.put(view, whyNot(view));
        }
      }

      Set<String> lives = new HashSet<>();
      carried.values().forEach(slot -> lives.add(slot.generation().life()));
      asked.ifPresent(a -> lives.remove(a.life()));
      return new LastLives(asked, carried, whyNot, find(lives));
    }

    private Map<String, Found> find(Set<String> lives) throws IOException, InterruptedException {
      RunClaim.Found claims =
          RunClaim.find(lives.stream().map(life -> folder(life).uri()).toList(), config.hadoop());

      Map<String, Found> found = new HashMap<>();
      for (String life : lives) {
        String uri = folder(life).uri();
        boolean isRunning = claims.alive().contains(uri);
        Set<String> silent = claims.silent().getOrDefault(uri, Set.of());
        found.put(life, new Found(uri, isRunning, folder(life).newest(), silent));
      }
      return found;
    }

    private LifeFolder folder(String life) {
      return folders.computeIfAbsent(life, l -> LifeFolder.of(config, topic, l));
    }

    /**
     * The newest generation of the view's declaration that a life carries, in its slot; none before
     * the one that answers, which it could not take over from.
     */
    private Optional<Slot> carried(View view) throws IOException {
      long answering =
          store
              .pointer()
              .known(view.name())
              .current()
              .flatMap(PublishedRow::generation)
              .filter(g -> g.fingerprint().equals(view.fingerprint()))
              .map(Generation::number)
              .orElse(0L);
      List<Generation> generations =
          store.catalog().generations(view.name()).stream()
              .filter(g -> g.fingerprint().equals(view.fingerprint()))
              .filter(g -> g.number() >= answering)
              .sorted(Comparator.comparingLong(Generation::number).reversed())
              .toList();
      for (Generation generation : generations) {
        Optional<Slot> slot = folder(generation.life()).slotOf(generation);
        if (slot.isPresent()) {
          return slot;
        }
      }
      return Optional.empty();
    }

    private String whyNot(View view) throws IOException {
      Optional<Generation> latest =
          store.catalog().generations(view.name()).stream()
              .max(Comparator.comparingLong(Generation::number));
      if (latest.isEmpty()) {
        return "view %s has no generation yet".formatted(view.name());
      }
      if (!latest.get().fingerprint().equals(view.fingerprint())) {
        return "the declaration of view %s changed".formatted(view.name());
      }
      LifeFolder last = folder(latest.get().life());
      return last.newest().isEmpty()
          ? "there is no checkpoint in " + last.uri()
          : "the life of view %s went on without it".formatted(view.name());
    }

    private String life(String checkpoint) throws IOException {
      Set<String> parts = new HashSet<>(List.of(checkpoint.split("/")));
      for (View view : views) {
        for (Generation generation : store.catalog().generations(view.name())) {
          if (parts.contains(generation.life())) {
            return generation.life();
          }
        }
      }
      throw new InvalidInputException(
          "Cannot go on from %s: its path names no life of a view of topic %s (expected %s/%s/<life>/<job>/chk-<n>)"
              .formatted(checkpoint, topic, config.speed().checkpoints(), topic));
    }

    /** With the views that are declared as they were in the checkpoint's life. */
    private Asked asked(String checkpoint) throws IOException {
      String life = life(checkpoint);
      List<Slot> slots = new ArrayList<>();
      List<String> changed = new ArrayList<>();
      for (View view : views) {
        for (Generation generation : store.catalog().generations(view.name())) {
          if (!generation.life().equals(life)) {
            continue;
          }
          if (generation.fingerprint().equals(view.fingerprint())) {
            folder(life).slotOf(generation).ifPresent(slots::add);
          } else {
            changed.add(
                "the declaration of view %s changed since (it was %s, is %s)"
                    .formatted(view.name(), generation.fingerprint(), view.fingerprint()));
          }
        }
      }
      if (slots.isEmpty()) {
        throw new InvalidInputException(
            "Cannot go on from %s: %s; start without --restore, which opens a new generation"
                .formatted(
                    checkpoint,
                    changed.isEmpty()
                        ? "its life went on without all of its views"
                        : changed.get(0)));
      }
      if (!LifeFolder.isComplete(config, checkpoint)) {
        throw new InvalidInputException(
            "Cannot go on from %s: there is no completed checkpoint (expected a folder with a file _metadata)"
                .formatted(checkpoint));
      }
      return new Asked(life, new Continuation.From(slots, checkpoint, Optional.empty()));
    }
  }
}
