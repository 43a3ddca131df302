package dev.lambdastack.speed.alert;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.CheckpointFiles;
import dev.lambdastack.speed.launch.FlinkCluster;
import dev.lambdastack.speed.launch.FlinkSettings;
import dev.lambdastack.speed.launch.JobNews;
import dev.lambdastack.speed.launch.LifeFolder;
import dev.lambdastack.speed.launch.RunningJob;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.hbase.client.Connection;

/** A running job that shows the events of a topic to the alert rules over it. */
public final class AlertJob extends RunningJob {
  /** Beside the folders of lives: one job runs over a topic, whatever its rules. */
  private static final String RUNS = "alerts";

  private final List<AlertRule> rules;

  private AlertJob(RunningJob.Started started, List<AlertRule> rules) {
    super(started);
    this.rules = rules;
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
    TopicAgreement.of(config, topic, plan.topicId())
        .agreeOnSchemas(schemas, rules.get(0).eventType());
    try (Connection hbase = HBaseConnector.connect(config)) {
      new AlertStore(hbase).ensureTable();
    }

    Set<String> silent = refuseIfRunning(config, plan);
    LifeFolder folder = LifeFolder.of(config, topic, life(plan));
    RunClaim claim = plan.claim();
    LifeFolder.of(config, topic, RUNS).claim(claim, Optional.of(silent));
    AutoCloseable signing = claim.signing();

    try {
      Optional<String> newest = folder.newest();
      newest.ifPresent(
          checkpoint ->
              CheckpointFiles.check(
                  config,
                  checkpoint,
                  "delete the folder %s to begin with the oldest event (no alert is repeated)"
                      .formatted(folder.uri())));

      FlinkSettings settings = new FlinkSettings(config, topic, folder.uri());
      newest.ifPresent(
          checkpoint ->
              settings.restore(
                  checkpoint,
                  LifeFolder.isOurs(checkpoint)
                      ? RecoveryClaimMode.CLAIM
                      : RecoveryClaimMode.NO_CLAIM));

      StreamExecutionEnvironment env =
          environment.orElseGet(() -> settings.localEnvironment(config.speed().parallelism()));
      settings.applyTo(env);
      AlertGraph.addTo(env, plan, loader, schemas, config.speed().parallelism());

      JobClient client = env.executeAsync("lambda alerts " + topic);
      JobNews news = new JobNews("The alert job of topic " + topic, client, env, folder::newest);
      return new AlertJob(
          new RunningJob.Started(client, news, folder, claim, signing, newest), rules);
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
          LifeFolder.of(config, topic, RUNS).uri(),
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
}
