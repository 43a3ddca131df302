package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.util.ArrayList;
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
    /** Whether the view goes on in it. */
    boolean carries(View view) {
      return slots.stream().anyMatch(slot -> slot.view().equals(view.name()));
    }

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
   * @throws LostRaceException when all of them are
   * @throws InvalidInputException when the checkpoint that was asked for is no good
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
    LastLives last = LastLives.read(config, topic, views, options.restore(), store);
    return decide(topic, views, last, options.lives());
  }

  /**
   * Decides, from what was found.
   *
   * @param only the lives that may go on; empty for all
   * @throws LostRaceException when a running job keeps all views
   */
  static Continuation decide(
      String topic, List<View> views, LastLives last, Optional<Set<String>> only) {
    Choice choice = new Choice();
    last.asked().ifPresent(asked -> choice.lives.put(asked.life(), asked.from()));

    Map<String, List<View>> byLife = new LinkedHashMap<>();
    for (View view : views) {
      if (last.asked().isPresent() && last.asked().get().from().carries(view)) {
        continue;
      }
      Slot slot = last.carried().get(view);
      if (slot == null) {
        choice.anew(List.of(view), last.whyNot().get(view));
      } else {
        byLife.computeIfAbsent(slot.generation().life(), l -> new ArrayList<>()).add(view);
      }
    }

    byLife.forEach(
        (life, its) -> {
          if (choice.lives.containsKey(life)) {
            choice.anew(its, "the checkpoint that was asked for lacks them");
          } else {
            boolean mayGoOn = only.isEmpty() || only.get().contains(life);
            choice.of(life, last.lives().get(life), its, last.carried(), mayGoOn);
          }
        });
    return choice.continuation(topic);
  }

  /** What is decided so far. */
  private static final class Choice {
    private final Map<String, From> lives = new TreeMap<>();
    private final List<View> anew = new ArrayList<>();
    private final Set<String> reasons = new LinkedHashSet<>();
    private final List<View> left = new ArrayList<>();
    private final Set<String> running = new TreeSet<>();

    void anew(List<View> its, String reason) {
      anew.addAll(its);
      reasons.add(reason);
    }

    void of(
        String life,
        LastLives.Found found,
        List<View> its,
        Map<View, Slot> carried,
        boolean mayGoOn) {
      if (found.isRunning() || !mayGoOn) {
        left.addAll(its);
        running.add(found.folder());
      } else if (found.newest().isPresent()) {
        List<Slot> slots = its.stream().map(carried::get).toList();
        lives.put(life, new From(slots, found.newest().get(), Optional.of(found.silent())));
      } else {
        anew(its, "there is no checkpoint in " + found.folder());
      }
    }

    Continuation continuation(String topic) {
      if (lives.isEmpty() && anew.isEmpty()) {
        throw new LostRaceException(
            "Cannot start a speed job of topic %s: one is running (it gives signs of life in %s); stop it first (--fresh beside it would open generations that take its place when they have caught up)"
                .formatted(topic, String.join(", ", running)));
      }
      return new Continuation(lives, anew, List.copyOf(reasons), left);
    }
  }
}
