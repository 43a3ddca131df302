package dev.lambdastack.speed.launch;

import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.LambdaException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.util.ExceptionUtils;

/** A Flink job that was started, and goes on from its newest checkpoint when it starts again. */
public abstract class RunningJob implements AutoCloseable {
  /** How long Flink may take to end a job. */
  protected static final Duration END_LIMIT = Duration.ofMinutes(3);

  private final JobClient client;
  private final JobNews news;

  /** Asked for at once: a cluster in this JVM does not answer any more when its job has ended. */
  private final CompletableFuture<JobExecutionResult> result;

  private final LifeFolder folder;
  private final RunClaim claim;

  /** Besides the job's tasks: between two attempts there are none. */
  private final AutoCloseable signing;

  private final Optional<String> resumedFrom;

  /**
   * What a start leaves behind.
   *
   * @param signing gives signs of life for the claim until it is closed
   * @param resumedFrom the checkpoint that the job went on from; empty when it began anew
   */
  public record Started(
      JobClient client,
      JobNews news,
      LifeFolder folder,
      RunClaim claim,
      AutoCloseable signing,
      Optional<String> resumedFrom) {}

  protected RunningJob(Started started) {
    this.client = started.client();
    this.news = started.news();
    this.result = client.getJobExecutionResult();
    this.folder = started.folder();
    this.claim = started.claim();
    this.signing = started.signing();
    this.resumedFrom = started.resumedFrom();
  }

  /** Flink's handle. */
  public JobClient client() {
    return client;
  }

  /** What a person who watches it should hear. */
  public JobNews news() {
    return news;
  }

  /** The checkpoint that it went on from; empty when it began anew. */
  public Optional<String> resumedFrom() {
    return resumedFrom;
  }

  /** The checkpoint that was completed last. */
  public Optional<String> newestCheckpoint() {
    return folder.newest();
  }

  protected LifeFolder folder() {
    return folder;
  }

  /** Whether it was cancelled, or failed for good. */
  public boolean hasEnded() {
    return result.isDone();
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
      if (ExceptionUtils.findThrowable(e, JobCancellationException.class).isPresent()) {
        return;
      }
      Optional<LambdaException> refusal =
          ExceptionUtils.findSerializedThrowable(
              e, LambdaException.class, Thread.currentThread().getContextClassLoader());
      throw refusal.isPresent() ? refusal.get() : FlinkCluster.told(e);
    }
  }

  /** Throws the job's failure when it has failed for good; returns while it runs or restarts. */
  public void checkAlive() throws Exception {
    if (hasEnded()) {
      awaitEnd();
      throw new IllegalStateException(news.job() + " has ended");
    }
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
          "%s did not end within %s".formatted(news.job(), END_LIMIT), e);
    }

    signing.close();
    claim.release();
  }

  /** Lets go of a job that goes on elsewhere: its own tasks say that it lives. */
  public void detach() throws Exception {
    signing.close();
  }

  /** {@link #cancel}, and lets go. Twice is harmless. */
  @Override
  public void close() throws Exception {
    cancel();
  }
}
