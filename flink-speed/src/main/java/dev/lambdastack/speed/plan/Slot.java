package dev.lambdastack.speed.plan;

import dev.lambdastack.views.handoff.Generation;
import java.io.Serializable;
import java.util.Locale;

/**
 * A generation that the job fills. Its number is part of the job's state: it stays the same for as
 * long as the life carries the generation, whatever other views come and go.
 */
public final class Slot implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int number;
  private final String json;
  private transient Generation generation;

  public Slot(int number, Generation generation) {
    this.number = number;
    this.json = generation.toJson();
  }

  /** From 0 on; unique in its life. */
  public int number() {
    return number;
  }

  /** As the catalog has it. */
  public Generation generation() {
    if (generation == null) {
      generation = Generation.fromJson(json);
    }
    return generation;
  }

  public String view() {
    return generation().shape().name();
  }

  /** What a checkpoint must agree with. */
  String signature() {
    return String.format(
        Locale.ROOT,
        "slot %d: %s generation %d %s",
        number,
        view(),
        generation().number(),
        generation().fingerprint());
  }
}
