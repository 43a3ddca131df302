package dev.lambdastack.speed.launch;

import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which generation answers for each view of a job, told where it is another one than the job keeps,
 * and whenever it changes. Not thread-safe.
 */
public final class AnsweringNews {
  private final RunningSpeedJob job;

  /** By the generation that the job keeps, what answered when that was told last. */
  private final Map<Generation, Generation> told = new HashMap<>();

  /** Nothing told yet. */
  public AnsweringNews(RunningSpeedJob job) {
    this.job = job;
  }

  /** A line for each view that another generation answers for since this was asked last. */
  public List<String> next() {
    List<String> lines = new ArrayList<>();
    for (Generation kept : job.generations()) {
      Optional<Generation> now;
      try {
        now = job.answering(kept.shape().name());
      } catch (IOException | RuntimeException e) {
        // The job does not depend on what a person can see of it.
        continue;
      }
      if (now.isPresent()) {
        Generation before = told.put(kept, now.get());
        if (now.get().number() != (before == null ? kept : before).number()) {
          lines.add(line(kept, now.get()));
        }
      }
    }
    return lines;
  }

  private static String line(Generation kept, Generation now) {
    boolean sameDeclaration = kept.fingerprint().equals(now.fingerprint());
    String what =
        String.format(Locale.ROOT, "View %s: generation %d ", kept.shape().name(), now.number());
    if (now.number() == kept.number()) {
      return what + "of this job answers now";
    }
    String ours = String.format(Locale.ROOT, "generation %d of this job", kept.number());
    if (!sameDeclaration) {
      return what
          + "answers, of another declaration; %s is for a version of its own".formatted(ours);
    }
    return now.number() < kept.number()
        ? what + "answers until %s has caught up".formatted(ours)
        : what + "answers now; nobody reads %s any more".formatted(ours);
  }
}
