package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.serving.store.GenerationProgress;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.Durations;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.hadoop.hbase.client.Connection;

/** A speed job that was started. Waiting ends with the job's own failure when it fails. */
public final class RunningSpeedJob extends RunningJob {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final SpeedPlan plan;
  private final PublishedTable store;
  private final Connection hbase;
  private final String startedBecause;

  /** What the published rows say of its failures; null before they were told anything. */
  private Optional<Failing> noted;

  RunningSpeedJob(
      RunningJob.Started started, SpeedPlan plan, Connection hbase, String startedBecause) {
    super(started);
    this.plan = plan;
    this.store = new PublishedTable(hbase);
    this.hbase = hbase;
    this.startedBecause = startedBecause;
  }

  /** Names the job's life in generations and checkpoints. */
  public String life() {
    return plan.life();
  }

  /** The generations that it fills, by view name. */
  public List<Generation> generations() {
    return plan.slots().stream().map(Slot::generation).toList();
  }

  /** Why it went on, or why it did not. */
  public String startedBecause() {
    return startedBecause;
  }

  /** The least of what the generations have published, partition by partition. */
  public Progress progress() throws IOException {
    Progress least = null;
    for (Generation generation : generations()) {
      Progress published =
          store
              .pointer()
              .known(generation.shape().name())
              .generations()
              .getOrDefault(generation, Progress.NONE);
      least = least == null ? published : lesser(least, published);
    }
    return least;
  }

  /** The generation of a view that readers are sent to now. */
  public Optional<Generation> answering(String view) throws IOException {
    return store.pointer().known(view).current().flatMap(PublishedRow::generation);
  }

  private static Progress lesser(Progress a, Progress b) {
    Map<Integer, Progress.Applied> both = new TreeMap<>(a.applied());
    both.keySet().retainAll(b.applied().keySet());
    both.replaceAll((p, x) -> b.applied().get(p).offset() < x.offset() ? b.applied().get(p) : x);
    return new Progress(both);
  }

  /** The time up to which cells are whole; empty before anything is known. */
  public Optional<Instant> freshness(Instant now) throws IOException {
    return progress().freshness(plan.starts().keySet(), now);
  }

  /**
   * Lets {@code lambda views --published} say that this job fails, or does so no more. For one
   * thread, after each {@link JobNews#next}.
   */
  public void noteFailures() throws IOException {
    Optional<Failing> now = news().failing();
    if (now.equals(noted)) {
      return;
    }

    GenerationProgress progress = store.progress();
    for (Generation generation : generations()) {
      String view = generation.shape().name();
      if (now.isPresent()) {
        progress.putFailing(view, generation.number(), now.get());
      } else {
        progress.clearFailing(view, generation.number());
      }
    }
    noted = now;
  }

  /** Waits until every record before these offsets is in the cells, and readers were told so. */
  public void awaitApplied(Map<Integer, Long> offsets, Duration limit) throws Exception {
    await("progress to " + offsets, limit, () -> progress().reaches(offsets));
  }

  /** Waits until cells are whole up to this time. */
  public void awaitFreshness(Instant time, Duration limit) throws Exception {
    await(
        "freshness of " + time,
        limit,
        () -> freshness(Instant.MAX).filter(f -> !f.isBefore(time)).isPresent());
  }

  /** Waits for a checkpoint that completes from now on. */
  public void awaitCheckpoint(Duration limit) throws Exception {
    Optional<String> before = newestCheckpoint();
    await(
        "a checkpoint",
        limit,
        () -> newestCheckpoint().filter(c -> !Optional.of(c).equals(before)).isPresent());
  }

  /**
   * Waits until all tasks run and the first checkpoint of this run is complete.
   *
   * @throws UnavailableException when that takes longer; the job goes on trying
   */
  public void awaitRunning(Duration limit) throws Exception {
    if (!comesWithin(limit, () -> !newestCheckpoint().equals(resumedFrom()))) {
      throw new UnavailableException(
          "Flink job %s of topic %s has completed no checkpoint within %s: expected free slots for it, and Kafka, HBase and %s in reach of the TaskManagers; it goes on trying, and Flink shows why it fails: mend that, or cancel the job there%s"
              .formatted(
                  client().getJobID(),
                  plan.topic(),
                  Durations.words(limit),
                  folder().uri(),
                  news().next().stream().map(". "::concat).collect(Collectors.joining())));
    }
  }

  private void await(String what, Duration limit, Callable<Boolean> condition) throws Exception {
    if (!comesWithin(limit, condition)) {
      throw new IllegalStateException(
          "The speed job of topic %s did not come to %s within %s (it stands at %s)"
              .formatted(plan.topic(), what, limit, progress()));
    }
  }

  private boolean comesWithin(Duration limit, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.call()) {
      checkAlive();
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(PAUSE.toMillis());
    }
    return true;
  }

  /**
   * Stops after a savepoint in the life's folder: where the next start goes on from.
   *
   * @return its path
   */
  public String stopWithSavepoint() throws Exception {
    return client()
        .stopWithSavepoint(false, folder().savepoints(), SavepointFormatType.CANONICAL)
        .get(END_LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void detach() throws Exception {
    super.detach();
    hbase.close();
  }

  @Override
  public void close() throws Exception {
    try {
      if (!hbase.isClosed()) {
        super.close();
      }
    } finally {
      hbase.close();
    }
  }
}
