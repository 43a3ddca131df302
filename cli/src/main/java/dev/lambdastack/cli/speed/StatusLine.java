package dev.lambdastack.cli.speed;

import dev.lambdastack.console.Printable;
import dev.lambdastack.speed.launch.AnsweringNews;
import dev.lambdastack.speed.launch.RunningSpeedJob;
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
import java.util.stream.Collectors;

/** Shows how the jobs of a topic do, once a second where a person watches, and what answers. */
final class StatusLine {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final String CLEARED = "\r\u001b[K";

  private final List<RunningSpeedJob> jobs;
  private final List<AnsweringNews> answering;
  private final String topic;
  private final Clock clock;
  private final PrintWriter err;
  private final boolean isWatched;
  private final Map<RunningSpeedJob, Long> lastOffsets = new HashMap<>();

  StatusLine(
      List<RunningSpeedJob> jobs, String topic, Clock clock, PrintWriter err, boolean isWatched) {
    this.jobs = jobs;
    this.answering = jobs.stream().map(AnsweringNews::new).toList();
    this.topic = topic;
    this.clock = clock;
    this.err = err;
    this.isWatched = isWatched;
  }

  /** Returns when a job was cancelled; throws its failure when one fails. */
  void watch() throws Exception {
    while (jobs.stream().noneMatch(RunningSpeedJob::hasEnded)) {
      answering.forEach(news -> tell(news.next()));
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

  private void tellNews() throws InterruptedException {
    for (RunningSpeedJob job : jobs) {
      tell(job.news().next());
      try {
        job.noteFailures();
      } catch (IOException | RuntimeException e) {
        // HBase may be why it fails.
      }
    }
  }

  private void tell(List<String> lines) {
    lines.forEach(line -> err.println((isWatched ? CLEARED : "") + Printable.line(line)));
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
          + Printable.line(String.valueOf(e.getMessage()));
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
