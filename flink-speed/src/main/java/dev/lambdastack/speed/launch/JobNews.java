package dev.lambdastack.speed.launch;

import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.speed.source.SetAsideCount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * What a person who watches a job should hear: that it fails and begins again, and that events are
 * set aside. Each is told when it comes up, and whenever it has doubled. Not thread-safe.
 */
public final class JobNews {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  private final String name;
  private final JobClient client;
  private final Failures failures;
  private final Supplier<Optional<String>> newestCheckpoint;
  private Optional<String> checkpointAtFailure = Optional.empty();
  private Optional<Failing> lastFailure = Optional.empty();
  private volatile Optional<Failing> failing = Optional.empty();

  /** By view or rule, what was said last. */
  private final Map<String, Long> told = new HashMap<>();

  /**
   * Nothing told yet.
   *
   * @param name such as "The speed job of topic orders"
   * @param env where the job was submitted
   * @param newestCheckpoint the path of the one that was completed last, if any
   */
  public JobNews(
      String name,
      JobClient client,
      StreamExecutionEnvironment env,
      Supplier<Optional<String>> newestCheckpoint) {
    this.name = name;
    this.client = client;
    this.failures = Failures.of(env, client.getJobID());
    this.newestCheckpoint = newestCheckpoint;
  }

  /** Names the job, such as "The speed job of topic orders". */
  String job() {
    return name;
  }

  /**
   * What was set aside since the tasks started last, by view or rule; some seconds late.
   *
   * @throws Exception where Flink does not answer
   */
  public Map<String, SetAsideCount.Found> setAside() throws Exception {
    return SetAsideCount.of(
        client.getAccumulators().get(ANSWER_LIMIT.toSeconds(), TimeUnit.SECONDS));
  }

  /**
   * As of the last {@link #next}: present from a failure until the next checkpoint completes. Any
   * thread may ask.
   */
  public Optional<Failing> failing() {
    return failing;
  }

  private void lookAtFailures() {
    Optional<Failing> soFar = failures.soFar();
    if (!soFar.equals(lastFailure)) {
      checkpointAtFailure = newestCheckpoint.get();
      failing = soFar;
      lastFailure = soFar;
    } else if (failing.isPresent() && !newestCheckpoint.get().equals(checkpointAtFailure)) {
      failing = Optional.empty();
    }
  }

  /** A line for each piece of news since this was asked last. */
  public List<String> next() throws InterruptedException {
    List<String> lines = new ArrayList<>();
    failures.news().ifPresent(news -> lines.add(name + " " + news));
    try {
      lookAtFailures();
      setAside()
          .forEach(
              (who, found) -> {
                if (found.count() >= 2 * told.getOrDefault(who, 0L)) {
                  told.put(who, found.count());
                  lines.add(line(who, found));
                }
              });
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // The job does not depend on what a person can see of it.
    }
    return lines;
  }

  private static String line(String who, SetAsideCount.Found found) {
    return String.format(
        Locale.ROOT,
        "Set aside by %s, which cannot take them: %,d of the events since the tasks started (%s)",
        who,
        found.count(),
        found.example());
  }
}
