package dev.lambdastack.speed.launch;

import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Shows how the jobs of a topic do, once a second where a person watches, and what answers. */
public final class StatusLine {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final String CLEARED = "\r\u001b[K";

  private final List<RunningSpeedJob> jobs;
  private final String topic;
  private final Clock clock;
  private final PrintWriter err;
  private final UnaryOperator<String> printable;
  private final boolean isWatched;
  private final Map<RunningSpeedJob, Long> lastOffsets = new HashMap<>();

  /** By the generation that a job keeps, what answered when that was said last. */
  private final Map<Generation, Generation> answering = new HashMap<>();

  /**
   * @param printable makes a line out of a text that may come from an event or a server
   */
  public StatusLine(
      List<RunningSpeedJob> jobs,
      String topic,
      Clock clock,
      PrintWriter err,
      UnaryOperator<String> printable,
      boolean isWatched) {
    this.jobs = jobs;
    this.topic = topic;
    this.clock = clock;
    this.err = err;
    this.printable = printable;
    this.isWatched = isWatched;
  }

  /** Returns when a job was cancelled; throws its failure when one fails. */
  public void watch() throws Exception {
    while (jobs.stream().noneMatch(RunningSpeedJob::hasEnded)) {
      tellWhatAnswers();
      tellNews();
      if (isWatched) {
        err.print(
            CLEARED
                + topic
                + "  "
                + jobs.stream().map(this::line).collect(Collectors.joining("; ")));
        err.flush();
      }
      Thread.sleep(PERIOD.toMillis());
    }

    if (isWatched) {
      err.println();
    }

    for (RunningSpeedJob job : jobs) {
      if (job.hasEnded()) {
        job.awaitEnd();
      }
    }
  }

  /** Only where it is another generation than the one that is kept, or was. */
  private void tellWhatAnswers() {
    for (RunningSpeedJob job : jobs) {
      for (Generation kept : job.generations()) {
        Optional<Generation> now;
        try {
          now = job.answering(kept.shape().name());
        } catch (IOException | RuntimeException e) {
          // The job does not depend on what a person can see of it.
          continue;
        }
        if (now.isPresent()) {
          Generation before = answering.put(kept, now.get());
          if (now.get().number() != (before == null ? kept : before).number()) {
            err.println((isWatched ? CLEARED : "") + answers(kept, now.get()));
          }
        }
      }
    }
  }

  private void tellNews() throws InterruptedException {
    for (RunningSpeedJob job : jobs) {
      job.news()
          .next()
          .forEach(line -> err.println((isWatched ? CLEARED : "") + printable.apply(line)));
      try {
        job.noteFailures();
      } catch (IOException | RuntimeException e) {
        // HBase may be why it fails.
      }
    }
  }

  private static String answers(Generation kept, Generation now) {
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

  private String line(RunningSpeedJob job) {
    try {
      Progress progress = job.progress();
      long offsets = progress.applied().values().stream().mapToLong(Progress.Applied::offset).sum();
      Long before = lastOffsets.put(job, offsets);
      return String.format(
          Locale.ROOT,
          "%,d records/s  %s  %s",
          before == null ? 0 : Math.max(0, offsets - before),
          freshness(job),
          job.newestCheckpoint()
              .map(c -> c.substring(c.lastIndexOf('/') + 1))
              .orElse("no checkpoint yet"));
    } catch (IOException | RuntimeException e) {
      // The job does not depend on what a person can see of it.
      return "running; its progress cannot be read: "
          + printable.apply(String.valueOf(e.getMessage()));
    }
  }

  private String freshness(RunningSpeedJob job) throws IOException {
    Instant now = clock.instant();
    Optional<Instant> fresh = job.freshness(now);
    if (fresh.isEmpty() || fresh.get().toEpochMilli() == 0) {
      return "nothing applied yet";
    }
    double behind = Duration.between(fresh.get(), now).toMillis() / 1000.0;
    return String.format(Locale.ROOT, "whole up to %s (%.1f s ago)", fresh.get(), behind);
  }
}
