package dev.lambdastack.speed.plan;

import dev.lambdastack.views.Generation;
import java.io.Serializable;

/**
 * A generation that the job fills. Its place in {@link SpeedPlan#slots} is part of the job's state.
 */
public final class Slot implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String json;
  private transient Generation generation;

  public Slot(Generation generation) {
    this.json = generation.toJson();
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

  /** What a checkpoint must agree with: {@code <view> generation <number> <fingerprint>}. */
  String signature() {
    return "%s generation %d %s"
        .formatted(view(), generation().number(), generation().fingerprint());
  }
}
