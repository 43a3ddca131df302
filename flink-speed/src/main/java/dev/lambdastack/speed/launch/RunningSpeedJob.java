package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.Durations;
import dev.lambdastack.views.LambdaException;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.util.ExceptionUtils;
import org.apache.hadoop.hbase.client.Connection;

/** A speed job that was started. Waiting ends with the job's own failure when it fails. */
public final class RunningSpeedJob implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Duration END_LIMIT = Duration.ofMinutes(3);

  private final JobClient client;
  private final JobNews news;

  /** Asked for at once: a cluster in this JVM does not answer any more when its job has ended. */
  private final CompletableFuture<JobExecutionResult> result;

  private final SpeedPlan plan;
  private final PublishedStore store;
  private final Connection hbase;
  private final Checkpoints checkpoints;
  private final RunClaim claim;

  /** Besides its tasks: between two attempts there are none. */
  private final AutoCloseable signing;

  private final Optional<String> resumedFrom;
  private final String startedBecause;

  /** What the published rows say of its failures; null before they were told anything. */
  private Optional<Failing> noted;

  RunningSpeedJob(
      JobClient client,
      JobNews news,
      SpeedPlan plan,
      PublishedStore store,
      Connection hbase,
      Checkpoints checkpoints,
      RunClaim claim,
      AutoCloseable signing,
      Optional<String> resumedFrom,
      String startedBecause) {
    this.client = client;
    this.news = news;
    this.result = client.getJobExecutionResult();
    this.plan = plan;
    this.store = store;
    this.hbase = hbase;
    this.checkpoints = checkpoints;
    this.claim = claim;
    this.signing = signing;
    this.resumedFrom = resumedFrom;
    this.startedBecause = startedBecause;
  }

  /** Flink's handle. */
  public JobClient client() {
    return client;
  }

  /** Names the job's life in generations and checkpoints. */
  public String life() {
    return plan.life();
  }

  /** The generations that it fills, by view name. */
  public List<Generation> generations() {
    return plan.slots().stream().map(Slot::generation).toList();
  }

  /** The checkpoint that it went on from; empty when its generations are new. */
  public Optional<String> resumedFrom() {
    return resumedFrom;
  }

  /** Why it went on, or why it did not. */
  public String startedBecause() {
    return startedBecause;
  }

  /** The checkpoint of this life that was completed last. */
  public Optional<String> newestCheckpoint() {
    return checkpoints.newest();
  }

  /** The least of what the generations have published, partition by partition. */
  public Progress progress() throws IOException {
    Progress least = null;
    for (Generation generation : generations()) {
      Progress published =
          store
              .known(generation.shape().name())
              .generations()
              .getOrDefault(generation, Progress.NONE);
      least = least == null ? published : lesser(least, published);
    }
    return least;
  }

  /** The generation of a view that readers are sent to now. */
  public Optional<Generation> answering(String view) throws IOException {
    return store.known(view).current().flatMap(PublishedRow::generation);
  }

  private static Progress lesser(Progress a, Progress b) {
    Map<Integer, Progress.Applied> both = new java.util.TreeMap<>(a.applied());
    both.keySet().retainAll(b.applied().keySet());
    both.replaceAll((p, x) -> b.applied().get(p).offset() < x.offset() ? b.applied().get(p) : x);
    return new Progress(both);
  }

  /** The time up to which cells are whole; empty before anything is known. */
  public Optional<Instant> freshness(Instant now) throws IOException {
    return progress().freshness(plan.starts().keySet(), now);
  }

  /** What a person who watches it should hear. */
  public JobNews news() {
    return news;
  }

  /**
   * Lets {@code lambda views --published} say that this job fails, or does so no more. For one
   * thread, after each {@link JobNews#next}.
   */
  public void noteFailures() throws IOException {
    Optional<Failing> now = news.failing();
    if (now.equals(noted)) {
      return;
    }

    for (Generation generation : generations()) {
      store.putFailing(generation.shape().name(), generation.number(), now);
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
    if (!comesWithin(limit, () -> !newestCheckpoint().equals(resumedFrom))) {
      throw new UnavailableException(
          "Flink job %s of topic %s has completed no checkpoint within %s: expected free slots for it, and Kafka, HBase and %s in reach of the TaskManagers; it goes on trying, and Flink shows why it fails: mend that, or cancel the job there%s"
              .formatted(
                  client.getJobID(),
                  plan.topic(),
                  Durations.words(limit),
                  checkpoints.uri(),
                  news.next().stream().map(". "::concat).collect(Collectors.joining())));
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

  /** Whether it was cancelled, or failed for good. */
  public boolean hasEnded() {
    return result.isDone();
  }

  /** Throws the job's failure when it has failed for good; returns while it runs or restarts. */
  public void checkAlive() throws Exception {
    if (hasEnded()) {
      awaitEnd();
      throw new IllegalStateException("The speed job of topic " + plan.topic() + " has ended");
    }
  }

  /**
   * Waits until the job ends; returns when it was cancelled.
   *
   * @throws LambdaException when it was refused, or another run took its place
   */
  public void awaitEnd() throws Exception {
    try {
      result.get();
    } catch (ExecutionException e) {
      if (ExceptionUtils.findThrowable(
              e, org.apache.flink.runtime.client.JobCancellationException.class)
          .isPresent()) {
        return;
      }
      Optional<LambdaException> refusal =
          ExceptionUtils.findSerializedThrowable(
              e, LambdaException.class, Thread.currentThread().getContextClassLoader());
      throw refusal.isPresent() ? refusal.get() : FlinkCluster.told(e);
    }
  }

  /**
   * Stops after a savepoint in the life's folder: where the next start goes on from.
   *
   * @return its path
   */
  public String stopWithSavepoint() throws Exception {
    return client
        .stopWithSavepoint(false, checkpoints.savepoints(), SavepointFormatType.CANONICAL)
        .get(END_LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Ends the job if it still runs; its newest checkpoint stays. Returns when it has ended. */
  public void cancel() throws Exception {
    if (!hasEnded()) {
      try {
        client.cancel().get(END_LIMIT.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException | IllegalStateException e) {
        if (!hasEnded()) {
          throw e;
        }
        // It ended by itself meanwhile.
      }
    }
    try {
      result.get(END_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException ended) {
      // Cancelled, or failed before: awaitEnd tells.
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "The speed job of topic %s did not end within %s".formatted(plan.topic(), END_LIMIT), e);
    }
    signing.close();
    claim.release();
  }

  /** Lets go of a job that goes on elsewhere. */
  public void detach() throws Exception {
    signing.close();
    hbase.close();
  }

  /** {@link #cancel}, and lets go. Twice is harmless. */
  @Override
  public void close() throws Exception {
    try {
      if (!hbase.isClosed()) {
        cancel();
      }
    } finally {
      hbase.close();
    }
  }
}
