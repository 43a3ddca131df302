package dev.lambdastack.sandbox;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The stack's verbs on one topic, called as its commands call them. Thread-safe as they are: one
 * archive, recompute and publish at a time.
 */
public final class Layers {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final LambdaConfig config;
  private final String topic;
  private final ViewsLoader views;
  private final Clock clock = Clock.systemUTC();

  /**
   * The verbs.
   *
   * @param views gives the views each time that a verb begins, in every task
   */
  public Layers(LambdaConfig config, String topic, ViewsLoader views) {
    this.config = config;
    this.topic = topic;
    this.views = views;
  }

  public LambdaConfig config() {
    return config;
  }

  public String topic() {
    return topic;
  }

  /** The views of the topic, as they are declared now. */
  public Views views() {
    return views.load(Thread.currentThread().getContextClassLoader());
  }

  /** {@code lambda archive}. */
  public ArchiveResult archive() throws IOException, InterruptedException {
    return new Archive(config, views(), schemas(), clock).run(topic);
  }

  /** {@code lambda recompute} of a view; the new version, which nothing reads yet. */
  public Version recompute(String view) throws IOException, InterruptedException {
    return new Recompute(config, views(), schemas(), clock).run(view);
  }

  /** {@code lambda recompute --full} of a view. */
  public Version recomputeFull(String view) throws IOException, InterruptedException {
    return new Recompute(config, views(), schemas(), clock)
        .run(List.of(view), Recompute.Options.FULL)
        .get(0)
        .version();
  }

  /** {@code lambda publish} of a view: its newest version answers from now on. */
  public Flip publish(String view) throws IOException, InterruptedException {
    return new Publish(config, clock).publish(view, OptionalLong.empty());
  }

  /**
   * {@code lambda publish --version} of a view: a version by its number, also one that was left.
   */
  public Flip publish(String view, long version) throws IOException, InterruptedException {
    return new Publish(config, clock).publish(view, OptionalLong.of(version));
  }

  /** {@code lambda rollback}: an earlier version of a view answers again. */
  public Flip rollback(String view, long version) throws IOException, InterruptedException {
    return new Publish(config, clock).rollback(view, version);
  }

  /** Archives, and recomputes and publishes all views of the topic. */
  public BatchRun batch() throws IOException, InterruptedException {
    ArchiveResult archived = archive();

    long started = System.nanoTime();
    List<Version> versions = new ArrayList<>();
    for (View view : views().ofTopic(topic)) {
      versions.add(recompute(view.name()));
    }
    Duration recomputing = Duration.ofNanos(System.nanoTime() - started);

    List<Flip> flips = new ArrayList<>();
    for (Version version : versions) {
      flips.add(publish(version.shape().name()));
    }

    return new BatchRun(archived, versions, recomputing, flips);
  }

  /** Waits until the epoch of this log time is over: only whole epochs are archived. */
  public void awaitEpochAfter(Instant logTime) throws InterruptedException {
    Instant end = Epoch.at(logTime, config.log().epoch()).end();
    while (clock.instant().isBefore(end)) {
      Thread.sleep(PAUSE.toMillis());
    }
  }

  private static SchemaStore schemas() {
    return SchemaStore.load(Thread.currentThread().getContextClassLoader());
  }

  /** {@code lambda speed}, in this JVM. */
  public RunningSpeedJob startSpeed() throws Exception {
    return startSpeed(SpeedOptions.defaults());
  }

  /** {@code lambda speed}, in this JVM, with the views of these layers. */
  public RunningSpeedJob startSpeed(SpeedOptions options) throws Exception {
    return Launch.start(config, topic, options.withViews(views));
  }

  /** The read client; the caller closes it. */
  public LambdaClient client() {
    return LambdaClient.open(config.hadoop());
  }

  /** Waits until every view's answers claim to be whole up to a time, which they then must be. */
  public void awaitFresh(LambdaClient client, Instant time) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (View view : views().ofTopic(topic)) {
      while (!client.describe(view.name()).provenance().freshness().isAfter(time)) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException(
              "Answers for view %s did not become fresh up to %s within %s: %s"
                  .formatted(view.name(), time, LIMIT, client.describe(view.name()).provenance()));
        }
        Thread.sleep(PAUSE.toMillis());
      }
    }
  }

  /** Waits until an answer for every view would be complete. */
  public void awaitComplete(LambdaClient client) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (View view : views().ofTopic(topic)) {
      while (!client.views().contains(view.name())
          || !client.describe(view.name()).provenance().complete()) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException(
              "No complete answer for view %s within %s".formatted(view.name(), LIMIT));
        }
        Thread.sleep(PAUSE.toMillis());
      }
    }
  }
}
