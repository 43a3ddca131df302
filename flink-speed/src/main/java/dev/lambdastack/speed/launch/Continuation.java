package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.PublishedRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which views go on in the generations of their last lives, and which open new ones.
 *
 * <p>A view goes on in the newest generation of its declaration that a life carries: what other
 * views of that life do is nothing to it. All that open new generations do so in one new life.
 *
 * @param lives that go on, by name
 * @param anew the views that open new generations
 * @param reasons why they do, for a person
 * @param left the views that a job keeps that is running
 */
record Continuation(
    Map<String, From> lives, List<View> anew, List<String> reasons, List<View> left) {
  private static final String AS_ASKED = "as asked for";

  /**
   * What a life goes on from.
   *
   * @param slots of the views that go on in it
   * @param silent where the checkpoint was taken as the newest of its life: the claims of it that
   *     gave no sign of life
   */
  record From(List<Slot> slots, String checkpoint, Optional<Set<String>> silent) {
    /** Whether it was taken as the newest of its life. */
    boolean isNewest() {
      return silent.isPresent();
    }

    /** Whether Flink deletes it when it has a newer one. */
    boolean isFlinks() {
      return isNewest() && LifeFolder.isOurs(checkpoint);
    }

    /** The same slots from the newest checkpoint of now, where it was taken as the newest. */
    From newest(LifeFolder folder) {
      return isNewest()
          ? folder.newest().map(now -> new From(slots, now, silent)).orElse(this)
          : this;
    }

    /** Why it was taken, for a person. */
    String reason() {
      return isNewest() ? "its newest checkpoint" : AS_ASKED;
    }
  }

  /**
   * Decides; waits a little to see whether the last lives are still running.
   *
   * @throws InvalidInputException when all of them are, or the checkpoint that was asked for is no
   *     good
   */
  static Continuation choose(
      LambdaConfig config,
      String topic,
      List<View> views,
      SpeedOptions options,
      PublishedTable store)
      throws IOException, InterruptedException {
    if (options.fresh()) {
      return new Continuation(Map.of(), views, List.of(AS_ASKED), List.of());
    }
    return new Choice(config, topic, views, store).choose(options.restore(), options.lives());
  }

  private static final class Choice {
    private final LambdaConfig config;
    private final String topic;
    private final List<View> views;
    private final PublishedTable store;
    private final Map<String, LifeFolder> folders = new HashMap<>();
    private final Map<String, From> lives = new TreeMap<>();
    private final List<View> anew = new ArrayList<>();
    private final Set<String> reasons = new LinkedHashSet<>();
    private final List<View> left = new ArrayList<>();
    private final Set<String> running = new TreeSet<>();

    Choice(LambdaConfig config, String topic, List<View> views, PublishedTable store) {
      this.config = config;
      this.topic = topic;
      this.views = views;
      this.store = store;
    }

    Continuation choose(Optional<String> asked, Optional<Set<String>> only)
        throws IOException, InterruptedException {
      if (asked.isPresent()) {
        lives.put(life(asked.get()), asked(asked.get()));
      }
      Map<String, List<View>> byLife = new LinkedHashMap<>();
      Map<View, Slot> carried = new LinkedHashMap<>();
      for (View view : views) {
        if (lives.values().stream().anyMatch(from -> has(from, view))) {
          continue;
        }
        Optional<Slot> slot = carried(view);
        if (slot.isPresent()) {
          carried.put(view, slot.get());
          byLife.computeIfAbsent(slot.get().generation().life(), l -> new ArrayList<>()).add(view);
        } else {
          anew(List.of(view), whyAnew(view));
        }
      }
      RunClaim.Found found =
          RunClaim.find(
              byLife.keySet().stream()
                  .filter(life -> !lives.containsKey(life))
                  .map(life -> folder(life).uri())
                  .toList(),
              config.hadoop());
      byLife.forEach(
          (life, its) -> {
            String folder = folder(life).uri();
            Optional<String> newest = folder(life).newest();
            if (lives.containsKey(life)) {
              // The checkpoint that was asked for is of this life and lacks the view.
              anew(its, "the checkpoint that was asked for lacks them");
            } else if (found.alive().contains(folder)
                || !only.orElse(Set.of(life)).contains(life)) {
              left.addAll(its);
              running.add(folder);
            } else if (newest.isPresent()) {
              lives.put(
                  life,
                  new From(
                      its.stream().map(carried::get).toList(),
                      newest.get(),
                      Optional.of(found.silent().get(folder))));
            } else {
              anew(its, "there is no checkpoint in " + folder);
            }
          });
      refuseIfNothingIsLeft();
      return new Continuation(lives, anew, List.copyOf(reasons), left);
    }

    private static boolean has(From from, View view) {
      return from.slots().stream().anyMatch(s -> s.view().equals(view.name()));
    }

    private void anew(List<View> its, String reason) {
      anew.addAll(its);
      reasons.add(reason);
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

    private String whyAnew(View view) throws IOException {
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

    private void refuseIfNothingIsLeft() {
      if (lives.isEmpty() && anew.isEmpty()) {
        throw new LostRaceException(
            "Cannot start a speed job of topic %s: one is running (it gives signs of life in %s); stop it first (--fresh beside it would open generations that take its place when they have caught up)"
                .formatted(topic, String.join(", ", running)));
      }
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

    /** The views that are declared as they were in the checkpoint's life. */
    private From asked(String checkpoint) throws IOException {
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
      return new From(slots, checkpoint, Optional.empty());
    }
  }
}
