package dev.lambdastack.speed;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.SpeedStart;
import dev.lambdastack.speed.source.LogSource;
import dev.lambdastack.views.Generation;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.client.JobInitializationException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.hadoop.hbase.client.Admin;
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

  /** What to go on from. */
  private record Resumption(List<Generation> generations, String checkpoint, boolean ours) {}

  /** A start, or why there is none to go on from. */
  private record Choice(Optional<Resumption> resumption, String reason) {}

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
    Choice choice = choose(store);
    SpeedPlan plan =
        choice.resumption().isPresent()
            ? resume(choice.resumption().get(), log)
            : begin(log, store, hbase);
    Checkpoints checkpoints = Checkpoints.of(config, topic, plan.life());
    checkpoints.claim(plan.run());
    FlinkSettings settings = new FlinkSettings(config, topic, checkpoints.uri());
    choice
        .resumption()
        .ifPresent(
            r ->
                settings.restore(
                    r.checkpoint(),
                    r.ours() ? RecoveryClaimMode.CLAIM : RecoveryClaimMode.NO_CLAIM));
    StreamExecutionEnvironment env =
        options.environment().orElseGet(() -> settings.localEnvironment(config.speedParallelism()));
    settings.applyTo(env);
    new SpeedJob(plan, options.views(), schemas, LogSource.of(plan), options.sink().apply(plan))
        .addTo(env, config.speedParallelism());
    JobClient client = submit(env, choice);
    return new RunningSpeedJob(
        client,
        plan,
        store,
        hbase,
        checkpoints,
        choice.resumption().map(Resumption::checkpoint),
        choice.reason());
  }

  private JobClient submit(StreamExecutionEnvironment env, Choice choice) throws Exception {
    try {
      return env.executeAsync("lambda speed " + topic);
    } catch (Exception e) {
      if (choice.resumption().isPresent()
          && ExceptionUtils.findThrowable(e, JobInitializationException.class).isPresent()) {
        throw new InvalidInputException(
            "Cannot go on from %s: %s; give another checkpoint, or start with --fresh"
                .formatted(choice.resumption().get().checkpoint(), rootMessage(e)),
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

  private Choice choose(PublishedStore store) throws IOException, InterruptedException {
    if (options.restore().isPresent()) {
      return new Choice(Optional.of(restoreFrom(options.restore().get(), store)), "as asked for");
    }
    if (options.fresh()) {
      return new Choice(Optional.empty(), "as asked for");
    }
    List<Generation> latest = new ArrayList<>();
    for (View view : views) {
      Optional<Generation> generation =
          store.generations(view.name()).stream().max(Comparator.comparingLong(Generation::number));
      if (generation.isEmpty()) {
        return new Choice(Optional.empty(), "view %s has no generation yet".formatted(view.name()));
      }
      if (!generation.get().fingerprint().equals(view.fingerprint())) {
        return new Choice(
            Optional.empty(), "the declaration of view %s changed".formatted(view.name()));
      }
      latest.add(generation.get());
    }
    Set<String> lives = new HashSet<>(latest.stream().map(Generation::life).toList());
    if (lives.size() > 1) {
      return new Choice(Optional.empty(), "the views of the topic have no life in common");
    }
    String life = lives.iterator().next();
    Checkpoints checkpoints = Checkpoints.of(config, topic, life);
    return checkpoints
        .newest()
        .map(c -> new Choice(Optional.of(new Resumption(latest, c, true)), "newest checkpoint"))
        .orElseGet(
            () -> new Choice(Optional.empty(), "there is no checkpoint in " + checkpoints.uri()));
  }

  /** A running job completes checkpoints, and a second one beside it would end it. */
  private void refuseIfRunning(Checkpoints checkpoints, Optional<String> newest)
      throws InterruptedException {
    long patience = config.speedCheckpointInterval().multipliedBy(2).plusMillis(500).toNanos();
    long deadline = System.nanoTime() + patience;
    while (System.nanoTime() - deadline < 0) {
      Optional<String> now = checkpoints.newest();
      if (!now.equals(newest)) {
        throw new InvalidInputException(
            "Cannot start a speed job of topic %s: one is running (it has just completed checkpoint %s); stop it first, or start with --fresh beside it"
                .formatted(topic, now.orElse("none")));
      }
      Thread.sleep(50);
    }
  }

  private Resumption restoreFrom(String checkpoint, PublishedStore store) throws IOException {
    List<Generation> generations = new ArrayList<>();
    for (View view : views) {
      Generation generation =
          store.generations(view.name()).stream()
              .filter(g -> List.of(checkpoint.split("/")).contains(g.life()))
              .max(Comparator.comparingLong(Generation::number))
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "Cannot go on from %s: its path names no life of view %s (expected %s/%s/<life>/<job>/chk-<n>)"
                              .formatted(
                                  checkpoint, view.name(), config.speedCheckpoints(), topic)));
      if (!generation.fingerprint().equals(view.fingerprint())) {
        throw new InvalidInputException(
            "Cannot go on from %s: the declaration of view %s changed since (it was %s, is %s); start without --restore, which opens a new generation"
                .formatted(checkpoint, view.name(), generation.fingerprint(), view.fingerprint()));
      }
      generations.add(generation);
    }
    if (!Checkpoints.isComplete(config, checkpoint)) {
      throw new InvalidInputException(
          "Cannot go on from %s: there is no completed checkpoint (expected a folder with a file _metadata)"
              .formatted(checkpoint));
    }
    return new Resumption(generations, checkpoint, false);
  }

  private SpeedPlan resume(Resumption resumption, TopicLog log) {
    List<SpeedStart> starts = new ArrayList<>();
    for (Generation g : resumption.generations()) {
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
      long logTime = g.coverage() * g.epochLength().toMillis();
      starts.add(new SpeedStart(g.startOffsets(), logTime, g.coverage(), g.firstEpoch()));
    }
    return plan(
        resumption.generations().get(0).life(),
        resumption.generations(),
        SpeedStart.earliest(starts),
        log);
  }

  private SpeedPlan begin(TopicLog log, PublishedStore store, Connection hbase) throws IOException {
    SpeedStart.Log bounds =
        new SpeedStart.Log(topic, log.partitions(), log.beginOffsets(), log.oldestAppendTime());
    Instant now = clock.instant();
    Map<View, SpeedStart> starts = new LinkedHashMap<>();
    for (View view : views) {
      starts.put(
          view,
          SpeedStart.decide(
              view.name(),
              store.versions(view.name()),
              store.known(view.name()).current(),
              bounds,
              config.epoch(),
              now.minus(config.clockSkew())));
    }
    String life = UUID.randomUUID().toString();
    List<Generation> generations = new ArrayList<>();
    try (Admin admin = hbase.getAdmin()) {
      for (Map.Entry<View, SpeedStart> start : starts.entrySet()) {
        generations.add(open(start.getKey(), start.getValue(), life, now, store, admin));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return plan(life, generations, SpeedStart.earliest(starts.values()), log);
  }

  private Generation open(
      View view, SpeedStart start, String life, Instant now, PublishedStore store, Admin admin)
      throws IOException {
    return store.openGeneration(
        view.name(),
        number -> {
          Generation generation =
              new Generation(
                  number,
                  ViewTables.speed(view.name(), number).getNameAsString(),
                  view.fingerprint(),
                  view.shape(),
                  life,
                  start.coverage(),
                  start.firstEpoch(),
                  start.offsets(),
                  config.epoch(),
                  config.speedRetention(),
                  now);
          try {
            // Before the catalog names it: who finds a generation finds its table. One that a
            // starter left behind before it came to the catalog is empty and as good.
            ViewTables.createSpeed(admin, generation, config.regions());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return generation;
        });
  }

  private SpeedPlan plan(
      String life, List<Generation> generations, SpeedStart start, TopicLog log) {
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
        config.tick(),
        config.speedEmitInterval(),
        new Settings(config.hadoop()));
  }
}
