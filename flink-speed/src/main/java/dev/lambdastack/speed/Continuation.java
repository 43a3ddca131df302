package dev.lambdastack.speed;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.views.Generation;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a job goes on with the generations of its last life, or opens new ones.
 *
 * @param from empty when it opens new ones
 * @param reason why, for a person
 */
record Continuation(Optional<From> from, String reason) {
  /** A running job completes a checkpoint in this many intervals. */
  private static final int PATIENCE_INTERVALS = 2;

  /**
   * What to go on from.
   *
   * @param generations by view name, of one life
   * @param isNewest whether it was taken as the newest of its life
   */
  record From(List<Generation> generations, String checkpoint, boolean isNewest) {
    /** Whether Flink deletes it when it has a newer one. */
    boolean isFlinks() {
      return isNewest && Checkpoints.isOurs(checkpoint);
    }
  }

  private static Continuation anew(String reason) {
    return new Continuation(Optional.empty(), reason);
  }

  /**
   * Decides; waits a little to see whether the last life is still running.
   *
   * @throws InvalidInputException when it is, or the checkpoint that was asked for is no good
   */
  static Continuation choose(
      LambdaConfig config,
      String topic,
      List<View> views,
      SpeedOptions options,
      PublishedStore store)
      throws IOException, InterruptedException {
    if (options.fresh()) {
      return anew("as asked for");
    }
    if (options.restore().isPresent()) {
      From from = asked(config, topic, views, options.restore().get(), store);
      return new Continuation(Optional.of(from), "as asked for");
    }
    return newest(config, topic, views, store);
  }

  private static Continuation newest(
      LambdaConfig config, String topic, List<View> views, PublishedStore store)
      throws IOException, InterruptedException {
    List<Generation> latest = new ArrayList<>();
    for (View view : views) {
      Optional<Generation> generation =
          store.generations(view.name()).stream().max(Comparator.comparingLong(Generation::number));
      if (generation.isEmpty()) {
        return anew("view %s has no generation yet".formatted(view.name()));
      }
      if (!generation.get().fingerprint().equals(view.fingerprint())) {
        return anew("the declaration of view %s changed".formatted(view.name()));
      }
      latest.add(generation.get());
    }
    Set<String> lives = new HashSet<>(latest.stream().map(Generation::life).toList());
    if (lives.size() > 1) {
      return anew("the views of the topic have no life in common");
    }
    Checkpoints checkpoints = Checkpoints.of(config, topic, lives.iterator().next());
    Optional<String> newest = checkpoints.newest();
    if (newest.isEmpty()) {
      return anew("there is no checkpoint in " + checkpoints.uri());
    }
    refuseIfRunning(config, topic, checkpoints, newest.get());
    return new Continuation(
        Optional.of(new From(latest, newest.get(), true)), "its newest checkpoint");
  }

  private static void refuseIfRunning(
      LambdaConfig config, String topic, Checkpoints checkpoints, String newest)
      throws InterruptedException {
    long patience =
        config.speedCheckpointInterval().multipliedBy(PATIENCE_INTERVALS).plusMillis(500).toNanos();
    long deadline = System.nanoTime() + patience;
    while (System.nanoTime() - deadline < 0) {
      if (!checkpoints.newest().equals(Optional.of(newest))) {
        throw new InvalidInputException(
            "Cannot start a speed job of topic %s: one is running (it completes checkpoints in %s); stop it first, or start with --fresh beside it"
                .formatted(topic, checkpoints.uri()));
      }
      Thread.sleep(50);
    }
  }

  /**
   * A job that completed a checkpoint until we claimed its life has stopped now.
   *
   * @throws InvalidInputException when there was one
   */
  void checkAfterClaim(Checkpoints checkpoints, String topic) {
    if (from.isPresent()
        && from.get().isNewest()
        && !checkpoints.newest().equals(Optional.of(from.get().checkpoint()))) {
      throw new InvalidInputException(
          "Cannot start a speed job of topic %s: another one was running until now; it stops; start again"
              .formatted(topic));
    }
  }

  private static From asked(
      LambdaConfig config, String topic, List<View> views, String checkpoint, PublishedStore store)
      throws IOException {
    List<Generation> generations = new ArrayList<>();
    for (View view : views) {
      Generation generation =
          store.generations(view.name()).stream()
              .filter(g -> List.of(checkpoint.split("/")).contains(g.life()))
              .max(Comparator.comparingLong(Generation::number))
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "Cannot go on from %s: its path names no life of view %s (expected %s/%s/<life>/<job>/chk-<n>)"
                              .formatted(
                                  checkpoint, view.name(), config.speedCheckpoints(), topic)));
      if (!generation.fingerprint().equals(view.fingerprint())) {
        throw new InvalidInputException(
            "Cannot go on from %s: the declaration of view %s changed since (it was %s, is %s); start without --restore, which opens a new generation"
                .formatted(checkpoint, view.name(), generation.fingerprint(), view.fingerprint()));
      }
      generations.add(generation);
    }
    if (!Checkpoints.isComplete(config, checkpoint)) {
      throw new InvalidInputException(
          "Cannot go on from %s: there is no completed checkpoint (expected a folder with a file _metadata)"
              .formatted(checkpoint));
    }
    return new From(generations, checkpoint, false);
  }
}
