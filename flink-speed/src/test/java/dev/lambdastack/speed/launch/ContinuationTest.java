package dev.lambdastack.speed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.TestingPlans;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.View;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ContinuationTest {
  private static final List<View> VIEWS = TestingPlans.views();
  private static final View FIRST = VIEWS.get(0);
  private static final View SECOND = VIEWS.get(1);
  private static final String FOLDER = "hdfs:/checkpoints/orders/";

  /** The view's slot in a life. */
  private static Slot slot(View view, String life) {
    return TestingPlans.from(life, Map.of(0, 0L), 0).slots().get(VIEWS.indexOf(view));
  }

  private static LastLives.Found ended(String life) {
    return new LastLives.Found(
        FOLDER + life, false, Optional.of(FOLDER + life + "/job/chk-7"), Set.of("run-1"));
  }

  private static LastLives.Found running(String life) {
    return new LastLives.Found(
        FOLDER + life, true, Optional.of(FOLDER + life + "/job/chk-7"), Set.of());
  }

  private static LastLives.Found withoutCheckpoint(String life) {
    return new LastLives.Found(FOLDER + life, false, Optional.empty(), Set.of());
  }

  private static Continuation decide(Map<View, Slot> carried, Map<String, LastLives.Found> lives) {
    return decide(Optional.empty(), carried, lives, Optional.empty());
  }

  private static Continuation decide(
      Optional<LastLives.Asked> asked,
      Map<View, Slot> carried,
      Map<String, LastLives.Found> lives,
      Optional<Set<String>> only) {
    Map<View, String> whyNot = new HashMap<>();
    for (View view : VIEWS) {
      if (!carried.containsKey(view)) {
        whyNot.put(view, view.name() + " is new");
      }
    }
    return Continuation.decide("orders", VIEWS, new LastLives(asked, carried, whyNot, lives), only);
  }

  private static Map<View, Slot> allIn(String life) {
    Map<View, Slot> carried = new HashMap<>();
    VIEWS.forEach(view -> carried.put(view, slot(view, life)));
    return carried;
  }

  @Test
  void viewsGoOnFromTheNewestCheckpointOfTheirLife() {
    Continuation choice = decide(allIn("a"), Map.of("a", ended("a")));

    Continuation.From from = choice.lives().get("a");
    assertThat(from.checkpoint()).isEqualTo(FOLDER + "a/job/chk-7");
    assertThat(from.silent()).contains(Set.of("run-1"));
    assertThat(VIEWS).allMatch(from::carries);
    assertThat(choice.anew()).isEmpty();
    assertThat(choice.left()).isEmpty();
  }

  @Test
  void aViewThatNoLifeCarriesOpensANewGenerationAndLeavesTheOthersAlone() {
    Map<View, Slot> carried = allIn("a");
    carried.remove(SECOND);
    Continuation choice = decide(carried, Map.of("a", ended("a")));

    assertThat(choice.anew()).containsExactly(SECOND);
    assertThat(choice.reasons()).containsExactly(SECOND.name() + " is new");
    assertThat(choice.lives().get("a").carries(FIRST)).isTrue();
    assertThat(choice.lives().get("a").carries(SECOND)).isFalse();
  }

  @Test
  void aLifeWithoutACheckpointIsBegunAnew() {
    Continuation choice = decide(allIn("a"), Map.of("a", withoutCheckpoint("a")));

    assertThat(choice.lives()).isEmpty();
    assertThat(choice.anew()).containsExactlyElementsOf(VIEWS);
    assertThat(choice.reasons()).containsExactly("there is no checkpoint in " + FOLDER + "a");
  }

  @Test
  void whatARunningJobKeepsIsLeftToIt() {
    Map<View, Slot> carried = allIn("a");
    carried.put(SECOND, slot(SECOND, "b"));
    Continuation choice = decide(carried, Map.of("a", running("a"), "b", ended("b")));

    assertThat(choice.left()).contains(FIRST).doesNotContain(SECOND);
    assertThat(choice.lives()).containsOnlyKeys("b");
  }

  @Test
  void aStartIsRefusedWhereARunningJobKeepsAll() {
    assertThatThrownBy(() -> decide(allIn("a"), Map.of("a", running("a"))))
        .isInstanceOf(LostRaceException.class)
        .hasMessageContaining("topic orders")
        .hasMessageContaining(FOLDER + "a");
  }

  @Test
  void onlyTheLivesThatWereNamedGoOn() {
    Map<View, Slot> carried = allIn("a");
    carried.put(SECOND, slot(SECOND, "b"));
    Continuation choice =
        decide(
            Optional.empty(),
            carried,
            Map.of("a", ended("a"), "b", ended("b")),
            Optional.of(Set.of("a")));

    assertThat(choice.lives()).containsOnlyKeys("a");
    assertThat(choice.left()).containsExactly(SECOND);
  }

  @Test
  void aCheckpointThatWasAskedForIsTakenAndWhatItLacksOpensAnew() {
    String checkpoint = FOLDER + "a/savepoints/savepoint-1";
    Continuation.From from =
        new Continuation.From(List.of(slot(FIRST, "a")), checkpoint, Optional.empty());
    Map<View, Slot> carried = allIn("a");
    carried.remove(FIRST);
    Continuation choice =
        decide(Optional.of(new LastLives.Asked("a", from)), carried, Map.of(), Optional.empty());

    assertThat(choice.lives()).containsExactly(Map.entry("a", from));
    assertThat(from.isFlinks()).as("a person's, which Flink does not delete").isFalse();
    assertThat(choice.anew()).contains(SECOND).doesNotContain(FIRST);
    assertThat(choice.reasons()).containsOnlyOnce("the checkpoint that was asked for lacks them");
  }
}
