package dev.lambdastack.speed.launch;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.SpeedJob;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.SpeedStart;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Starts a speed job: checks everything that a person may have got wrong, decides whether to go on
 * or to begin anew, and only then writes.
 */
public final class Launch {
  private static final String OTHERWISE =
      "give another checkpoint with --restore, or start with --fresh";

  private final LambdaConfig config;
  private final String topic;
  private final SpeedOptions options;
  private final Clock clock;
  private final List<View> views;
  private final SchemaStore schemas;

  /**
   * What was started.
   *
   * @param jobs one for each life
   * @param left names of the views that a job keeps that was running already
   */
  public record Started(List<RunningSpeedJob> jobs, List<String> left) {}

  /**
   * Starts the jobs of a topic: views go on from the newest checkpoint of their life where they are
   * declared as then, and the others open new generations in a new life. Each life is a job of its
   * own. Returns when Flink has taken all of them.
   *
   * @throws dev.lambdastack.views.InvalidInputException for what a person can mend; nothing is
   *     written then
   */
  public static Started startAll(LambdaConfig config, String topic, SpeedOptions options)
      throws Exception {
    return new Launch(config, topic, options, Clock.systemUTC()).run();
  }

  /** {@link #startAll} where no declaration has changed since the last {@code --fresh}: one job. */
  public static RunningSpeedJob start(LambdaConfig config, String topic, SpeedOptions options)
      throws Exception {
    List<RunningSpeedJob> jobs = startAll(config, topic, options).jobs();
    if (jobs.size() == 1) {
      return jobs.get(0);
    }
    for (RunningSpeedJob job : jobs) {
      job.close();
    }
    throw new IllegalStateException(
        String.format(Locale.ROOT, "Topic %s has %d speed jobs", topic, jobs.size()));
  }

  public Launch(LambdaConfig config, String topic, SpeedOptions options, Clock clock) {
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

    config
        .speed()
        .deadLettersTopic(topic)
        .filter(name -> !known.ofTopic(name).isEmpty())
        .ifPresent(
            name -> {
              throw new InvalidInputException(
                  "Cannot send dead letters to topic %s: a view reads it; set lambda.speed.dead-letters-topic to another one, or to off"
                      .formatted(name));
            });

    this.views = known.ofTopic(topic);
    this.schemas =
        options
            .schemas()
            .orElseGet(() -> SchemaStore.load(Thread.currentThread().getContextClassLoader()));
  }

  /**
   * One life.
   *
   * @param from empty when its generations are new
   * @param reason why it goes on, or why it does not
   */
  private record Life(SpeedPlan plan, Optional<Continuation.From> from, String reason) {}

  public Started run() throws Exception {
    FirstContact.kafka(config);
    try (TopicLog log = TopicLog.open(config.kafka(), topic);
        Connection hbase = HBaseConnector.connect(config)) {
      log.checkSettings();
      log.checkReadable();

      PublishedTable store = new PublishedTable(hbase);
      store.ensure();

      Continuation choice = Continuation.choose(config, topic, views, options, store);
      List<Life> lives = new ArrayList<>();
      for (Continuation.From from : choice.lives().values()) {
        checkTables(from.slots(), hbase);
        CheckpointFiles.check(config, from.checkpoint(), OTHERWISE);
        lives.add(new Life(goOn(from, log, store), Optional.of(from), from.reason()));
      }

      if (!choice.anew().isEmpty()) {
        checkSameTopic(choice.anew(), log, store);
        // First, since it may refuse: then no generation is left behind.
        Adoptions adoptions = adopt(log.partitions(), log);
        Opening.Opened opened = new Opening(config, store, clock).open(choice.anew(), log, hbase);
        lives.add(
            new Life(
                begin(opened, adoptions, log),
                Optional.empty(),
                String.join("; ", choice.reasons())));
      }

      return new Started(start(lives), choice.left().stream().map(View::name).toList());
    }
  }

  private static void checkTables(List<Slot> slots, Connection hbase) throws IOException {
    try (Admin admin = hbase.getAdmin()) {
      for (Slot slot : slots) {
        Generation generation = slot.generation();
        if (!admin.tableExists(TableName.valueOf(generation.table()))) {
          throw new InvalidInputException(
              String.format(
                  Locale.ROOT,
                  "Cannot go on with generation %d of view %s: its table %s does not exist; start with --fresh, which opens a new one",
                  generation.number(),
                  slot.view(),
                  generation.table()));
        }
      }
    }
  }

  private List<RunningSpeedJob> start(List<Life> lives) throws Exception {
    List<RunningSpeedJob> jobs = new ArrayList<>();
    try {
      for (Life life : lives) {
        Connection hbase = HBaseConnector.connect(config);
        try {
          jobs.add(start(life, hbase));
        } catch (Exception e) {
          hbase.close();
          throw e;
        }
      }
      return jobs;
    } catch (Exception e) {
      for (RunningSpeedJob job : jobs) {
        try {
          job.close();
        } catch (Exception other) {
          e.addSuppressed(other);
        }
      }
      throw e;
    }
  }

  private RunningSpeedJob start(Life life, Connection hbase) throws Exception {
    SpeedPlan plan = life.plan();
    LifeFolder folder = LifeFolder.of(config, topic, plan.life());
    RunClaim claim = RunClaim.of(plan);
    folder.claim(claim, life.from().flatMap(Continuation.From::silent));

    // From now on: the rest may take longer than a second start waits.
    AutoCloseable signing = claim.signing();
    try {
      // Whoever ran until now may have completed one more, and said so to readers.
      Optional<Continuation.From> from = life.from().map(f -> f.newest(folder));
      if (!from.equals(life.from())) {
        CheckpointFiles.check(config, from.get().checkpoint(), OTHERWISE);
      }

      folder.carry(plan.slots());
      Submitted submitted = submit(plan, from, folder);

      RunningJob.Started started =
          new RunningJob.Started(
              submitted.client(),
              submitted.news(),
              folder,
              claim,
              signing,
              from.map(Continuation.From::checkpoint));
      return new RunningSpeedJob(started, plan, hbase, life.reason());
    } catch (Exception e) {
      signing.close();
      claim.release();
      throw FlinkCluster.told(e);
    }
  }

  private record Submitted(JobClient client, JobNews news) {}

  private Submitted submit(SpeedPlan plan, Optional<Continuation.From> from, LifeFolder folder)
      throws Exception {
    FlinkSettings settings = new FlinkSettings(config, topic, folder.uri());
    from.ifPresent(
        f ->
            settings.restore(
                f.checkpoint(),
                f.isFlinks() ? RecoveryClaimMode.CLAIM : RecoveryClaimMode.NO_CLAIM));

    StreamExecutionEnvironment env =
        options
            .environment()
            .orElse(() -> settings.localEnvironment(config.speed().parallelism()))
            .get();

    settings.applyTo(env);
    new SpeedJob(
            plan,
            options.views(),
            schemas,
            options.source().apply(plan),
            options.sink().apply(plan))
        .addTo(env, config.speed().parallelism());

    try {
      JobClient client = env.executeAsync("lambda speed " + topic);
      return new Submitted(
          client, new JobNews("The speed job of topic " + topic, client, env, folder::newest));
    } catch (Exception e) {
      if (from.isPresent()
          && ExceptionUtils.findThrowable(e, JobInitializationException.class).isPresent()) {
        throw new InvalidInputException(
            "Cannot go on from %s: %s; give another checkpoint, or start with --fresh"
                .formatted(from.get().checkpoint(), LambdaException.rootMessage(e)),
            e);
      }
      throw e;
    }
  }

  private SpeedPlan goOn(Continuation.From from, TopicLog log, PublishedTable store)
      throws IOException {
    List<Generation> generations = from.slots().stream().map(Slot::generation).toList();
    for (Generation g : generations) {
      if (!g.epochLength().equals(config.log().epoch())) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot go on with lambda.epoch=%dms: generation %d of view %s has epochs of %dms; set lambda.epoch=%dms",
                config.log().epoch().toMillis(),
                g.number(),
                g.shape().name(),
                g.epochLength().toMillis(),
                g.epochLength().toMillis()));
      }
    }

    SpeedStart life = SpeedStart.earliest(starts(generations));

    // Where its partitions stand is in the checkpoint; these are not behind it.
    Map<Integer, Long> offsets = new TreeMap<>();
    for (int partition : log.partitions()) {
      offsets.put(partition, life.offsets().getOrDefault(partition, 0L));
    }
    offsets.putAll(published(generations, store));

    return plan(
        from.slots(),
        new SpeedStart(offsets, life.logTimeMillis(), life.coverage(), life.firstEpoch()),
        adopt(life.offsets().keySet(), log),
        log);
  }

  /** The least that the generations have published, of the partitions of which all have. */
  private static Map<Integer, Long> published(List<Generation> generations, PublishedTable store)
      throws IOException {
    Map<Integer, Long> least = new TreeMap<>();
    for (Generation g : generations) {
      Map<Integer, Progress.Applied> applied =
          store
              .pointer()
              .known(g.shape().name())
              .generations()
              .getOrDefault(g, Progress.NONE)
              .applied();
      if (g.equals(generations.get(0))) {
        applied.forEach((p, a) -> least.put(p, a.offset()));
      }
      least.keySet().retainAll(applied.keySet());
      least.replaceAll((p, offset) -> Math.min(offset, applied.get(p).offset()));
    }
    return least;
  }

  /** The offsets of a horizon are those of the topic that was archived. */
  private void checkSameTopic(List<View> anew, TopicLog log, PublishedTable store)
      throws IOException {
    Optional<String> another = TopicAgreement.of(config, topic, log.topicId()).another();
    if (another.isEmpty()) {
      return;
    }

    for (View view : anew) {
      if (!store.catalog().versions(view.name()).isEmpty()) {
        throw new InvalidInputException(
            "Cannot start the speed job of topic %s: it was deleted and made again since the versions of view %s were computed (expected topic id %s, found %s), so offsets mean other records; send the events to a topic of another name"
                .formatted(topic, view.name(), another.get(), log.topicId()));
      }
    }
  }

  private Adoptions adopt(Set<Integer> atFirst, TopicLog log) throws IOException {
    TopicAgreement store = TopicAgreement.of(config, topic, log.topicId());
    store.agreeOnEventTime(views.get(0).eventType().eventTime());
    store.agreeOnSchemas(schemas, views.get(0).eventType());
    return store.adopt(
        atFirst,
        log.partitions(),
        Adoptions.adoptedAt(clock.instant(), config.log().clockSkew(), config.log().epoch()));
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

  private SpeedPlan begin(Opening.Opened opened, Adoptions adoptions, TopicLog log) {
    List<Slot> slots = new ArrayList<>();
    opened.generations().forEach(g -> slots.add(new Slot(slots.size(), g)));
    return plan(slots, opened.start(), adoptions, log);
  }

  private SpeedPlan plan(List<Slot> slots, SpeedStart start, Adoptions adoptions, TopicLog log) {
    String life = slots.get(0).generation().life();

    TreeMap<Integer, Long> logTimes = new TreeMap<>();
    start
        .offsets()
        .keySet()
        .forEach(p -> logTimes.put(p, Math.max(start.logTimeMillis(), adoptions.floorMillis(p))));

    return new SpeedPlan(
        topic,
        log.topicId(),
        life,
        UUID.randomUUID().toString(),
        LifeFolder.of(config, topic, life).uri(),
        slots,
        new TreeMap<>(start.offsets()),
        logTimes,
        config.log().epoch(),
        config.log().eventTimeMin(),
        config.kafka(),
        config.log().clockSkew(),
        config.log().tick(),
        config.speed().emitInterval(),
        new Settings(config.hadoop()));
  }
}
