package dev.lambdastack.speed;

import dev.lambdastack.views.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Shows how a job does, once a second, where a person watches. */
final class StatusLine {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final RunningSpeedJob job;
  private final String topic;
  private final Clock clock;
  private final PrintWriter err;
  private final boolean isWatched;
  private long lastOffsets = -1;

  StatusLine(RunningSpeedJob job, String topic, Clock clock, PrintWriter err, boolean isWatched) {
    this.job = job;
    this.topic = topic;
    this.clock = clock;
    this.err = err;
    this.isWatched = isWatched;
  }

  /** Returns when the job was cancelled; throws its failure when it fails. */
  void watch() throws Exception {
    while (!job.hasEnded()) {
      if (isWatched) {
        err.print("\r\u001b[K" + line());
        err.flush();
      }
      Thread.sleep(PERIOD.toMillis());
    }
    if (isWatched) {
      err.println();
    }
    job.awaitEnd();
  }

  private String line() {
    try {
      Progress progress = job.progress();
      long offsets = progress.applied().values().stream().mapToLong(Progress.Applied::offset).sum();
      long perSecond = lastOffsets < 0 ? 0 : Math.max(0, offsets - lastOffsets);
      lastOffsets = offsets;
      return "%s  %,d records/s  %s  %s"
          .formatted(
              topic,
              perSecond,
              freshness(),
              job.newestCheckpoint()
                  .map(c -> c.substring(c.lastIndexOf('/') + 1))
                  .orElse("no checkpoint yet"));
    } catch (IOException | RuntimeException e) {
      // The job does not depend on what a person can see of it.
      return "%s  running; its progress cannot be read: %s".formatted(topic, e.getMessage());
    }
  }

  private String freshness() throws IOException {
    Instant now = clock.instant();
    Optional<Instant> fresh = job.freshness(now);
    if (fresh.isEmpty() || fresh.get().toEpochMilli() == 0) {
      return "nothing applied yet";
    }
    double behind = Duration.between(fresh.get(), now).toMillis() / 1000.0;
    return "whole up to %s (%.1f s ago)".formatted(fresh.get(), behind);
  }
}
