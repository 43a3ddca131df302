package dev.lambdastack.speed.alert;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AdoptionStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.CheckpointFiles;
import dev.lambdastack.speed.launch.Checkpoints;
import dev.lambdastack.speed.launch.FlinkCluster;
import dev.lambdastack.speed.launch.FlinkSettings;
import dev.lambdastack.speed.launch.JobNews;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.LostRaceException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.hadoop.hbase.client.Connection;

/** A running job that shows the events of a topic to the alert rules over it. */
public final class AlertJob implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** Beside the folders of lives: one job runs over a topic, whatever its rules. */
  private static final String RUNS = "alerts";

  private final JobClient client;
  private final JobNews news;

  /** Asked for at once: later a cluster in this JVM has ended, and another does not know it yet. */
  private final CompletableFuture<JobExecutionResult> result;

  private final Checkpoints checkpoints;
  private final RunClaim claim;

  /** Besides its tasks: between two attempts there are none. */
  private final AutoCloseable signing;

  private final List<AlertRule> rules;
  private final Optional<String> resumedFrom;

  private AlertJob(
      JobClient client,
      JobNews news,
      Checkpoints checkpoints,
      RunClaim claim,
      AutoCloseable signing,
      List<AlertRule> rules,
      Optional<String> resumedFrom) {
    this.client = client;
    this.news = news;
    this.result = client.getJobExecutionResult();
    this.checkpoints = checkpoints;
    this.claim = claim;
    this.signing = signing;
    this.rules = rules;
    this.resumedFrom = resumedFrom;
  }

  /**
   * Starts the job of a topic: goes on from its newest checkpoint where the rules are still the
   * same, else begins with the oldest record that Kafka has. Returns when Flink has taken the job.
   *
   * @param environment where it runs; else in this JVM
   * @throws InvalidInputException for what a person can mend
   */
  public static AlertJob start(
      LambdaConfig config,
      String topic,
      RulesLoader loader,
      SchemaStore schemas,
      Optional<StreamExecutionEnvironment> environment)
      throws Exception {
    List<AlertRule> rules =
        loader.load(Thread.currentThread().getContextClassLoader()).ofTopic(topic);
    AlertPlan plan = plan(config, topic, rules);

    AlertPublisher.type(schemas, plan.alertsTopic());
    AdoptionStore.of(config, topic, plan.topicId())
        .agreeOnSchemas(schemas, rules.get(0).eventType());
    try (Connection hbase = Store.connect(config)) {
      new AlertStore(hbase).ensureTable();
    }

    Set<String> silent = refuseIfRunning(config, plan);
    Checkpoints checkpoints = Checkpoints.of(config, topic, life(plan));
    RunClaim claim = plan.claim();
    Checkpoints.of(config, topic, RUNS).claim(claim, Optional.of(silent));
    AutoCloseable signing = claim.signing();

    try {
      Optional<String> newest = checkpoints.newest();
      newest.ifPresent(
          checkpoint ->
              CheckpointFiles.check(
                  config,
                  checkpoint,
                  "delete the folder %s to begin with the oldest event (no alert is repeated)"
                      .formatted(checkpoints.uri())));

      FlinkSettings settings = new FlinkSettings(config, topic, checkpoints.uri());
      newest.ifPresent(
          checkpoint ->
              settings.restore(
                  checkpoint,
                  Checkpoints.isOurs(checkpoint)
                      ? RecoveryClaimMode.CLAIM
                      : RecoveryClaimMode.NO_CLAIM));

      StreamExecutionEnvironment env =
          environment.orElseGet(() -> settings.localEnvironment(config.speed().parallelism()));
      settings.applyTo(env);
      AlertGraph.addTo(env, plan, loader, schemas, config.speed().parallelism());

      JobClient client = env.executeAsync("lambda alerts " + topic);
      JobNews news =
          new JobNews("The alert job of topic " + topic, client, env, checkpoints::newest);
      return new AlertJob(client, news, checkpoints, claim, signing, rules, newest);
    } catch (Exception e) {
      signing.close();
      claim.release();
      throw FlinkCluster.told(e);
    }
  }

  private static AlertPlan plan(LambdaConfig config, String topic, List<AlertRule> rules) {
    String alertsTopic = config.alerts().topic();
    if (alertsTopic.equals(topic)) {
      throw new InvalidInputException(
          "Cannot write the alerts of topic %s to itself; set lambda.alerts.topic"
              .formatted(topic));
    }

    FirstContact.kafka(config);
    try (TopicLog log = TopicLog.open(config.kafka(), topic);
        TopicLog alerts = TopicLog.open(config.kafka(), alertsTopic)) {
      log.checkSettings();
      log.checkReadable();
      alerts.beginOffsets();

      return new AlertPlan(
          topic,
          log.topicId(),
          UUID.randomUUID().toString(),
          Checkpoints.of(config, topic, RUNS).uri(),
          RuleOperator.declaration(rules),
          new TreeMap<>(log.beginOffsets()),
          alertsTopic,
          config.kafka(),
          config.log().eventTimeMin(),
          new Settings(config.hadoop()));
    }
  }

  /** Other rules, another topic of the same name or another alerts topic: another life. */
  private static String life(AlertPlan plan) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(
                (plan.topicId() + "\n" + plan.alertsTopic() + "\n" + plan.declaration())
                    .getBytes(StandardCharsets.UTF_8));
    return "alerts-" + HexFormat.of().formatHex(digest, 0, 8);
  }

  /** Gives the claims that gave no sign of life. */
  private static Set<String> refuseIfRunning(LambdaConfig config, AlertPlan plan) throws Exception {
    RunClaim.Found found = RunClaim.find(List.of(plan.runs()), config.hadoop());
    if (!found.alive().isEmpty()) {
      throw new LostRaceException(
          "Cannot start an alert job of topic %s: one is running (it gives signs of life in %s); stop it first"
              .formatted(plan.topic(), plan.runs()));
    }
    return found.silent().get(plan.runs());
  }

  /** The rules that it shows events to. */
  public List<AlertRule> rules() {
    return rules;
  }

  /** What a person who watches it should hear. */
  public JobNews news() {
    return news;
  }

  /** The checkpoint that it went on from; empty when it began with the oldest record. */
  public Optional<String> resumedFrom() {
    return resumedFrom;
  }

  /** The checkpoint that was completed last. */
  public Optional<String> newestCheckpoint() {
    return checkpoints.newest();
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

  /** Ends the job if it still runs; its newest checkpoint stays. Returns when it has ended. */
  @Override
  public void close() throws Exception {
    if (!hasEnded()) {
      cancel();
    }
    signing.close();
    claim.release();
  }

  private void cancel() throws Exception {
    try {
      client.cancel().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      result.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | IllegalStateException e) {
      // It ended: as asked for, or by itself meanwhile.
      if (!hasEnded()) {
        throw e;
      }
    }
  }
}
