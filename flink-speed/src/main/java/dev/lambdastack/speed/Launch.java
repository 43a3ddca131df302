package dev.lambdastack.speed;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.SpeedStart;
import dev.lambdastack.views.Generation;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import java.time.Clock;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.client.JobInitializationException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Starts a speed job: checks everything that a person may have got wrong, decides whether to go on
 * or to begin anew, and only then writes.
 */
final class Launch {
  private final LambdaConfig config;
  private final String topic;
  private final SpeedOptions options;
  private final Clock clock;
  private final List<View> views;

  Launch(LambdaConfig config, String topic, SpeedOptions options, Clock clock) {
    this.config = config;
    this.topic = topic;
    this.options = options;
    this.clock = clock;
    if (options.fresh() && options.restore().isPresent()) {
      throw new InvalidInputException(
          "Cannot start afresh and from a checkpoint at once: give --fresh or --restore");
    }
    var known = options.views().load(Thread.currentThread().getContextClassLoader());
    known.eventType(topic);
    this.views = known.ofTopic(topic);
  }

  RunningSpeedJob run() throws Exception {
    try (TopicLog log = TopicLog.open(config.bootstrapServers(), config.kafkaTimeout(), topic)) {
      log.checkSettings();
      Connection hbase = Store.connect(config);
      try {
        return run(log, hbase);
      } catch (Exception e) {
        hbase.close();
        throw e;
      }
    }
  }

  private RunningSpeedJob run(TopicLog log, Connection hbase) throws Exception {
    SchemaStore schemas =
        options
            .schemas()
            .orElseGet(() -> SchemaStore.load(Thread.currentThread().getContextClassLoader()));
    PublishedStore store = new PublishedStore(hbase);
    store.ensureTable();
    Continuation choice = Continuation.choose(config, topic, views, options, store);
    SpeedPlan plan =
        choice.from().isPresent()
            ? goOn(choice.from().get(), log)
            : begin(new Opening(config, store, clock).open(views, log, hbase), log);
    Checkpoints checkpoints = Checkpoints.of(config, topic, plan.life());
    checkpoints.claim(plan.run());
    choice.checkAfterClaim(checkpoints, topic);
    FlinkSettings settings = new FlinkSettings(config, topic, checkpoints.uri());
    choice
        .from()
        .ifPresent(
            from ->
                settings.restore(
                    from.checkpoint(),
                    from.isFlinks() ? RecoveryClaimMode.CLAIM : RecoveryClaimMode.NO_CLAIM));
    StreamExecutionEnvironment env =
        options.environment().orElseGet(() -> settings.localEnvironment(config.speedParallelism()));
    settings.applyTo(env);
    new SpeedJob(
            plan,
            options.views(),
            schemas,
            options.source().apply(plan),
            options.sink().apply(plan))
        .addTo(env, config.speedParallelism());
    JobClient client = submit(env, choice);
    return new RunningSpeedJob(
        client,
        plan,
        store,
        hbase,
        checkpoints,
        choice.from().map(Continuation.From::checkpoint),
        choice.reason());
  }

  private JobClient submit(StreamExecutionEnvironment env, Continuation choice) throws Exception {
    try {
      return env.executeAsync("lambda speed " + topic);
    } catch (Exception e) {
      if (choice.from().isPresent()
          && ExceptionUtils.findThrowable(e, JobInitializationException.class).isPresent()) {
        throw new InvalidInputException(
            "Cannot go on from %s: %s; give another checkpoint, or start with --fresh"
                .formatted(choice.from().get().checkpoint(), rootMessage(e)),
            e);
      }
      throw e;
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }

  private SpeedPlan goOn(Continuation.From from, TopicLog log) {
    for (Generation g : from.generations()) {
      if (!g.epochLength().equals(config.epoch())) {
        throw new InvalidInputException(
            "Cannot go on with lambda.epoch=%dms: generation %d of view %s has epochs of %dms; set lambda.epoch=%dms"
                .formatted(
                    config.epoch().toMillis(),
                    g.number(),
                    g.shape().name(),
                    g.epochLength().toMillis(),
                    g.epochLength().toMillis()));
      }
    }
    // Where and when the life began is in the checkpoint; this only names its partitions.
    return plan(from.generations(), SpeedStart.earliest(starts(from.generations())), log);
  }

  private static List<SpeedStart> starts(List<Generation> generations) {
    return generations.stream()
        .map(
            g ->
                new SpeedStart(
                    g.startOffsets(),
                    g.coverage() * g.epochLength().toMillis(),
                    g.coverage(),
                    g.firstEpoch()))
        .toList();
  }

  private SpeedPlan begin(Opening.Opened opened, TopicLog log) {
    return plan(opened.generations(), opened.start(), log);
  }

  private SpeedPlan plan(List<Generation> generations, SpeedStart start, TopicLog log) {
    String life = generations.get(0).life();
    return new SpeedPlan(
        topic,
        log.topicId(),
        life,
        UUID.randomUUID().toString(),
        Checkpoints.of(config, topic, life).uri(),
        generations.stream().map(Slot::new).toList(),
        new TreeMap<>(start.offsets()),
        start.logTimeMillis(),
        config.epoch(),
        config.eventTimeMin(),
        config.bootstrapServers(),
        config.kafkaTimeout(),
        config.clockSkew(),
        config.tick(),
        config.speedEmitInterval(),
        new Settings(config.hadoop()));
  }
}
