package dev.lambdastack.speed;

import dev.lambdastack.speed.source.SetAsideCount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** By view or rule, what was said last. */
  private final Map<String, Long> told = new HashMap<>();

  /**
   * Nothing told yet.
   *
   * @param name such as "The speed job of topic orders"
   * @param env where the job was submitted
   */
  public JobNews(String name, JobClient client, StreamExecutionEnvironment env) {
    this.name = name;
    this.client = client;
    this.failures = Failures.of(env, client.getJobID());
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

  /** A line for each piece of news since this was asked last. */
  public List<String> next() throws InterruptedException {
    List<String> lines = new ArrayList<>();
    failures.news().ifPresent(news -> lines.add(name + " " + news));
    try {
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
        "Set aside by %s, which cannot take them: %,d events since the tasks started (%s)",
        who,
        found.count(),
        found.example());
  }
}
