package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedFlink;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.reference.ReferenceViews;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.AnsweringNews;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.LifeFolder;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.speed.source.LogSource;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.JobID;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which generation a start goes on with or opens, and when it becomes the one that is read. */
@ExtendWith(TestingClusters.class)
class GenerationsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration EPOCH = Duration.ofSeconds(1);
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(1);

  private LambdaConfig config;
  private Connection hbase;
  private PublishedTable store;
  private TopicLog log;
  private TestingOrders orders;

  @BeforeEach
  void newTopic() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    config = TestingClusters.config(Map.of("lambda.epoch", "1s"));
    hbase = HBaseConnector.connect(config);
    TestingClusters.removeViews(hbase);
    store = new PublishedTable(hbase);
    log = TopicLog.open(config.kafka().within(LIMIT), "orders");
    orders = new TestingOrders("orders", 1);
  }

  @AfterEach
  void close() throws Exception {
    orders.close();
    log.close();
    hbase.close();
  }

  private RunningSpeedJob start(SpeedOptions options) throws Exception {
    return Launch.start(config, "orders", options);
  }

  private Optional<Generation> published(String view) throws Exception {
    return store.pointer().read(view).flatMap(s -> s.row().generation());
  }

  private void awaitPublished(RunningSpeedJob job, Generation generation) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!published(generation.shape().name()).equals(Optional.of(generation))) {
      job.checkAlive();
      assertThat(System.nanoTime()).as("generation takes over").isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  /**
   * A version that holds what lies before the epoch that begins now, published; of a topic that the
   * archive has read, and so adopted.
   */
  private Version publishVersion(View view, long number) throws Exception {
    TopicAgreement.of(config, "orders", log.topicId())
        .adopt(log.partitions(), log.partitions(), Instant.EPOCH);
    long horizon = System.currentTimeMillis() / EPOCH.toMillis() + 1;
    while (System.currentTimeMillis() < horizon * EPOCH.toMillis()) {
      Thread.sleep(10);
    }
    log.tick(log.partitions());
    Map<Integer, Long> offsets = log.boundaries(horizon * EPOCH.toMillis());
    assertThat(offsets).hasSize(3);
    Version version =
        new Version(
            number,
            "lambda:" + view.name() + ".v" + number,
            view.fingerprint(),
            view.shape(),
            new Horizon(horizon, offsets),
            EPOCH,
            number,
            "digest",
            Version.Counts.of(0, 0),
            Instant.now(),
            Optional.empty());
    store.ensure();
    assertThat(store.runs().begin(view.name(), "run")).isEqualTo(number);
    store.runs().complete(version, "run");
    return version;
  }

  private void flip(Version version) throws Exception {
    PublishedRow.Known known = store.pointer().known(version.shape().name());
    PublishedRow next = PublishedRow.publish(known, version, false, Instant.now(), CLOCK_SKEW);
    assertThat(store.pointer().compareAndSet(known.current(), next)).isTrue();
  }

  private void assertMetrics(Generation generation) throws Exception {
    var epochs = TestingCells.epochs(orders.log(3), EPOCH);
    assertThat(TestingCells.actual(hbase, generation))
        .isEqualTo(TestingCells.actionMetrics(orders, epochs, generation.coverage()));
  }

  private static List<View> orderViews() {
    return new ReferenceViews()
        .views().stream().filter(v -> v.eventType().equals(ReferenceEvents.ORDERS)).toList();
  }

  @Test
  void withoutACheckpointItBeginsAtTheHorizonAndTakesOverWhenItHasCaughtUp() throws Exception {
    orders.send(60, 0, 1, 2);
    List<Version> first = new ArrayList<>();
    for (View view : orderViews()) {
      first.add(publishVersion(view, 1));
    }
    orders.send(60, 0, 1, 2);
    for (View view : orderViews()) {
      publishVersion(view, 2);
    }
    for (Version version : first) {
      flip(version);
    }
    orders.send(60, 0, 1, 2);
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      assertThat(job.resumedFrom()).isEmpty();
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
      for (int i = 0; i < 2; i++) {
        Generation generation = job.generations().get(i);
        assertThat(generation.coverage()).isEqualTo(first.get(i).horizon().epoch());
        assertThat(generation.startOffsets()).isEqualTo(first.get(i).horizon().offsets());
        awaitPublished(job, generation);
      }
      // The views' horizons differ: one source serves both, each from its own epoch on.
      assertMetrics(job.generations().get(0));
      var epochs = TestingCells.epochs(orders.log(3), EPOCH);
      Generation sales = job.generations().get(1);
      assertThat(TestingCells.actual(hbase, sales))
          .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()))
          .isNotEmpty();
    }
  }

  @Test
  void afterALostCheckpointANewGenerationTakesOver() throws Exception {
    Generation old;
    String folder;
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      old = job.generations().get(0);
      folder = LifeFolder.of(config, "orders", job.life()).uri();
      awaitPublished(job, old);
    }
    assertThat(
            FileSystem.get(new Path(folder).toUri(), config.hadoop())
                .delete(new Path(folder), true))
        .isTrue();
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      assertThat(job.resumedFrom()).isEmpty();
      assertThat(job.startedBecause()).isEqualTo("there is no checkpoint in " + folder);
      Generation next = job.generations().get(0);
      assertThat(next.number()).isEqualTo(old.number() + 1);
      orders.send(60, 0, 1, 2);
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
      awaitPublished(job, next);
      assertMetrics(next);
    }
  }

  /** One before the generation that answers never takes over: its job would count for nobody. */
  @Test
  void whereTheLifeOfTheGenerationThatAnswersIsLostNoOlderOneGoesOn() throws Exception {
    try (RunningSpeedJob older = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      older.awaitApplied(log.endOffsets(), LIMIT);
      awaitPublished(older, older.generations().get(0));
    }
    String lost;
    try (RunningSpeedJob answers = start(SpeedOptions.defaults().withFresh(true))) {
      answers.awaitApplied(log.endOffsets(), LIMIT);
      awaitPublished(answers, answers.generations().get(0));
      lost = LifeFolder.of(config, "orders", answers.life()).uri();
    }
    FileSystem.get(new Path(lost).toUri(), config.hadoop()).delete(new Path(lost), true);
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      assertThat(job.startedBecause()).isEqualTo("there is no checkpoint in " + lost);
      Generation next = job.generations().get(0);
      assertThat(next.number()).isEqualTo(3);
      orders.send(60, 0, 1, 2);
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
      awaitPublished(job, next);
      assertMetrics(next);
    }
  }

  @Test
  void aChangedDeclarationIsReadOnlyWithAVersionOfItsOwn() throws Exception {
    try (RunningSpeedJob before = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      before.awaitApplied(log.endOffsets(), LIMIT);
      Generation old = before.generations().get(0);
      awaitPublished(before, old);
      SpeedOptions changed = SpeedOptions.defaults().withViews(GenerationsIT::changed);
      try (RunningSpeedJob after = start(changed)) {
        assertThat(after.startedBecause())
            .isEqualTo("the declaration of view action_metrics changed");
        orders.send(60, 0, 1, 2);
        Version version = publishVersion(changedMetrics(), 1);
        Map<Integer, Long> ends = log.endOffsets();
        before.awaitApplied(ends, LIMIT);
        after.awaitApplied(ends, LIMIT);
        after.awaitCheckpoint(LIMIT);
        // The job of the old declaration goes on beside, and is the one that is read.
        assertThat(published("action_metrics")).contains(old);
        assertMetrics(old);
        // The view that did not change is left to it.
        assertThat(after.generations()).hasSize(1);
        Generation next = after.generations().get(0);
        assertThat(next.fingerprint()).isEqualTo(changedMetrics().fingerprint());
        AnsweringNews ofOld = new AnsweringNews(before);
        AnsweringNews ofNew = new AnsweringNews(after);
        awaitSaid(
            ofNew,
            "View action_metrics: generation 1 answers, of another declaration; generation 2 of this job is for a version of its own");
        assertThat(ofOld.next()).isEmpty();
        // Refused while the new generation is more than an epoch behind the one that is read.
        Await.until(
            "the flip",
            LIMIT,
            () -> {
              flip(version);
              return true;
            });
        assertThat(published("action_metrics")).contains(next);
        awaitSaid(ofNew, "View action_metrics: generation 2 of this job answers now");
        awaitSaid(
            ofOld,
            "View action_metrics: generation 2 answers, of another declaration; generation 1 of this job is for a version of its own");
      }
    }
  }

  private static void awaitSaid(AnsweringNews news, String line) throws Exception {
    Await.until(line, LIMIT, () -> news.next().contains(line));
  }

  /**
   * The upgrade of a job: it stops, and the new jar has one view changed, one as it was, and one
   * that is new. Then a jar with the old declaration comes back.
   */
  @Test
  void viewsThatDidNotChangeGoOnInTheirGenerations() throws Exception {
    List<Generation> old;
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      old = job.generations();
      orders.send(30, 0, 1, 2);
    }
    orders.send(30, 0, 1, 2);
    Generation changed;
    Generation added;
    SpeedOptions upgraded = SpeedOptions.defaults().withViews(GenerationsIT::upgraded);
    Launch.Started started = Launch.startAll(config, "orders", upgraded);
    try (RunningSpeedJob on = started.jobs().get(0);
        RunningSpeedJob anew = started.jobs().get(1)) {
      assertThat(started.left()).isEmpty();
      assertThat(on.resumedFrom()).isPresent();
      assertThat(on.life()).isEqualTo(old.get(1).life());
      assertThat(on.generations()).isEqualTo(old.subList(1, old.size()));
      assertThat(anew.startedBecause())
          .isEqualTo(
              "the declaration of view action_metrics changed; view category_orders has no generation yet");
      changed = anew.generations().get(0);
      added = anew.generations().get(1);
      assertThat(changed.number()).isEqualTo(old.get(0).number() + 1);
      orders.send(60, 0, 1, 2);
      awaitAll(on, anew);
      assertUpgraded(old.get(1), changed, added);
      awaitPublished(anew, added);
      assertThat(published("daily_sales")).contains(old.get(1));
      assertThat(published("action_metrics")).contains(old.get(0));
    }
    // Both lives go on, each from its own checkpoint.
    started = Launch.startAll(config, "orders", upgraded);
    try (RunningSpeedJob one = started.jobs().get(0);
        RunningSpeedJob other = started.jobs().get(1)) {
      assertThat(one.resumedFrom()).isPresent();
      assertThat(other.resumedFrom()).isPresent();
      assertThat(one.generations()).doesNotContainAnyElementsOf(other.generations());
      orders.send(60, 0, 1, 2);
      awaitAll(one, other);
      assertUpgraded(old.get(1), changed, added);
    }
    // Where two processes start again at once, each keeps to its own.
    started = Launch.startAll(config, "orders", upgraded.withLives(Set.of(added.life())));
    try (RunningSpeedJob ours = started.jobs().get(0)) {
      assertThat(started.jobs()).hasSize(1);
      assertThat(ours.generations()).containsExactly(changed, added);
      assertThat(started.left()).containsExactly("daily_sales", "sales_by_brand");
    }
    // The old declaration's life went on without it: what it missed is read again.
    started = Launch.startAll(config, "orders", SpeedOptions.defaults());
    try (RunningSpeedJob on = started.jobs().get(0);
        RunningSpeedJob anew = started.jobs().get(1)) {
      assertThat(on.generations()).isEqualTo(old.subList(1, old.size()));
      assertThat(anew.generations()).hasSize(1);
      assertThat(anew.generations().get(0).number()).isEqualTo(changed.number() + 1);
      orders.send(60, 0, 1, 2);
      awaitAll(on, anew);
      awaitPublished(anew, anew.generations().get(0));
      assertMetrics(anew.generations().get(0));
    }
  }

  private void awaitAll(RunningSpeedJob... jobs) throws Exception {
    log.tick(log.partitions());
    Map<Integer, Long> ends = log.endOffsets();
    for (RunningSpeedJob job : jobs) {
      job.awaitApplied(ends, LIMIT);
    }
  }

  private void assertUpgraded(Generation sales, Generation changed, Generation added)
      throws Exception {
    var epochs = TestingCells.epochs(orders.log(3), EPOCH);
    assertThat(TestingCells.actual(hbase, sales))
        .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()))
        .isNotEmpty();
    assertThat(TestingCells.actual(hbase, changed))
        .isEqualTo(
            TestingCells.counts(
                orders,
                epochs,
                changed.coverage(),
                TestingOrders.Order::action,
                Duration.ofMinutes(5),
                "event_count"))
        .isNotEmpty();
    assertThat(TestingCells.actual(hbase, added))
        .isEqualTo(
            TestingCells.counts(
                orders,
                epochs,
                added.coverage(),
                TestingOrders.Order::category,
                Duration.ofDays(1),
                "orders"))
        .isNotEmpty();
  }

  static Views upgraded(ClassLoader loader) {
    List<View> views = new ArrayList<>(changed(loader).all());
    views.add(
        View.named("category_orders")
            .over(ReferenceEvents.ORDERS)
            .keyedBy("product_category")
            .window(Duration.ofDays(1))
            .metric("orders", Metric.count())
            .build());
    return Views.of(views);
  }

  /** While its epoch is open, a job is taken over from that has a view more. */
  @Test
  void aViewThatIsGoneLeavesNothingBehindInAnOpenEpoch() throws Exception {
    // Without ticks nothing is published between the savepoint and the start from it.
    LambdaConfig quiet =
        TestingClusters.config(Map.of("lambda.epoch", "5s", "lambda.tick", "false"));
    try (RunningSpeedJob first = Launch.start(quiet, "orders", SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      first.awaitApplied(log.endOffsets(), LIMIT);
      String savepoint = savepoint(first);
      SpeedOptions without =
          SpeedOptions.defaults()
              .withViews(loader -> Views.of(List.of(orderViews().get(1))))
              .withRestore(savepoint);
      try (RunningSpeedJob second = Launch.start(quiet, "orders", without)) {
        // The zombie of the job before, with the view more, stops.
        assertThatThrownBy(first::awaitEnd)
            .isInstanceOf(LostRaceException.class)
            .hasMessageStartingWith("Another speed job of topic orders has gone on");
        assertThat(second.generations()).containsExactly(first.generations().get(1));
        orders.send(60, 0, 1, 2);
        second.awaitApplied(log.endOffsets(), LIMIT);
        long later = System.currentTimeMillis() / quiet.log().epoch().toMillis() + 1;
        while (System.currentTimeMillis() < later * quiet.log().epoch().toMillis()) {
          Thread.sleep(20);
        }
        orders.send(60, 0, 1, 2);
        second.awaitApplied(log.endOffsets(), LIMIT);
        Generation sales = second.generations().get(0);
        var epochs = TestingCells.epochs(orders.log(3), quiet.log().epoch());
        assertThat(TestingCells.actual(hbase, sales))
            .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()))
            .isNotEmpty();
      }
    }
  }

  static View changedMetrics() {
    return View.named("action_metrics")
        .over(ReferenceEvents.ORDERS)
        .keyedBy("action")
        .window(Duration.ofMinutes(5))
        .metric("event_count", Metric.count())
        .build();
  }

  static Views changed(ClassLoader loader) {
    List<View> views = new ArrayList<>(orderViews());
    views.set(0, changedMetrics());
    return Views.of(views);
  }

  @Test
  void aSecondJobBesideARunningOneIsRefusedAndTheFirstGoesOn() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      job.awaitRunning(LIMIT);
      assertThatThrownBy(() -> start(SpeedOptions.defaults()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("one is running");
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(job.generations().get(0));
    }
  }

  /** Its first checkpoint may take its time. */
  @Test
  void aSecondJobBesideOneThatHasNoCheckpointYetIsRefused() throws Exception {
    UnrulySink.calm();
    UnrulySink.heldTask = 0;
    try (RunningSpeedJob job = start(SpeedOptions.defaults().withSink(UnrulySink::new))) {
      assertThatThrownBy(() -> start(SpeedOptions.defaults()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("one is running");
      assertThat(job.newestCheckpoint()).isEmpty();
      UnrulySink.calm();
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertThat(store.catalog().generations("action_metrics"))
          .isEqualTo(job.generations().subList(0, 1));
      assertMetrics(job.generations().get(0));
    } finally {
      UnrulySink.calm();
    }
  }

  /** Flink may take longer to take a job than a second start waits for a sign of life. */
  @Test
  void aSecondJobBesideOneThatIsBeingSubmittedIsRefused() throws Exception {
    start(SpeedOptions.defaults()).close();
    SpeedOptions slow =
        SpeedOptions.defaults()
            .withSource(
                plan -> {
                  assertThatThrownBy(() -> start(SpeedOptions.defaults()))
                      .isInstanceOf(LostRaceException.class)
                      .hasMessageContaining("one is running");
                  return LogSource.of(plan);
                });
    try (RunningSpeedJob job = start(slow)) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(job.generations().get(0));
    }
  }

  /** It has nothing to say or to write that would make it look at the claims. */
  @Test
  void aRunThatAnotherOneTookOverFromCompletesNoCheckpointsWhileItCatchesUp() throws Exception {
    orders.send(60, 0, 1, 2);
    HeldSource.HELD_TASKS.addAll(List.of(0, 1, 2));
    try (RunningSpeedJob job = start(SpeedOptions.defaults().withSource(HeldSource::new))) {
      job.awaitRunning(LIMIT);
      RunClaim.of(
              LifeFolder.of(config, "orders", job.life()).uri(), config.hadoop(), "job", "another")
          .take();
      Await.until("the run that was taken over from ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(LostRaceException.class)
          .hasMessageStartingWith("Another speed job of topic orders has gone on");
    } finally {
      HeldSource.HELD_TASKS.clear();
    }
  }

  /** Between two attempts: then no task gives a sign of life. */
  @Test
  void aSecondJobBesideOneThatWaitsForATaskManagerIsRefused() throws Exception {
    try (EmbeddedFlink flink = EmbeddedFlink.start(2, 1);
        RunningSpeedJob job =
            start(
                SpeedOptions.defaults()
                    .withEnvironment(
                        () ->
                            StreamExecutionEnvironment.createRemoteEnvironment(
                                flink.host(), flink.port())))) {
      job.awaitRunning(LIMIT);
      JobID id = flink.jobs().get(0);
      flink.killTaskManager(0);
      Await.until("no task runs", LIMIT, () -> flink.runningTasks(id) == 0);
      assertThatThrownBy(() -> start(SpeedOptions.defaults()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("one is running");
      flink.startTaskManager();
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(job.generations().get(0));
    }
  }

  @Test
  void aRunThatAnotherOneTookOverFromStops() throws Exception {
    // A tick would be published after the savepoint, which is behind it then.
    LambdaConfig quiet =
        TestingClusters.config(Map.of("lambda.epoch", "1h", "lambda.tick", "false"));
    try (RunningSpeedJob first = Launch.start(quiet, "orders", SpeedOptions.defaults())) {
      first.awaitRunning(LIMIT);
      String savepoint = savepoint(first);
      try (RunningSpeedJob second =
          Launch.start(quiet, "orders", SpeedOptions.defaults().withRestore(savepoint))) {
        assertThatThrownBy(first::awaitEnd)
            .isInstanceOf(LostRaceException.class)
            .hasMessageStartingWith("Another speed job of topic orders has gone on");
        orders.send(60, 0, 1, 2);
        second.awaitApplied(log.endOffsets(), LIMIT);
        assertThat(second.generations()).isEqualTo(first.generations());
      }
    }
  }

  private String savepoint(RunningSpeedJob job) throws Exception {
    return job.client()
        .triggerSavepoint(
            LifeFolder.of(config, "orders", job.life()).savepoints(), SavepointFormatType.CANONICAL)
        .get();
  }

  @Test
  void aCheckpointBehindWhatWasPublishedIsRefused() throws Exception {
    String savepoint;
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      savepoint = savepoint(job);
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
    }
    try (RunningSpeedJob job = start(SpeedOptions.defaults().withRestore(savepoint))) {
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("lies behind what");
    }
  }

  @Test
  void aJobThatWasStoppedWithASavepointGoesOnFromIt() throws Exception {
    String savepoint;
    List<Generation> generations;
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      generations = job.generations();
      savepoint = job.stopWithSavepoint();
    }

    // Renamed, a state would begin empty without a word, and so would totals and positions.
    assertThat(CheckpointedStates.names(config, savepoint))
        .isEqualTo(
            Map.of(
                "log of 3 partitions", Set.of("SourceReaderState"),
                "log-time", Set.of("plan", "positions"),
                "epoch-totals",
                    Set.of("_timer_state/event_epochs", "_timer_state/processing_epochs", "totals"),
                "progress", Set.of("positions")));

    orders.send(60, 0, 1, 2);
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      assertThat(job.resumedFrom()).contains(savepoint);
      assertThat(job.generations()).isEqualTo(generations);
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(generations.get(0));
    }
  }

  /** Amid the start, the run before completes a checkpoint, and the one that was chosen goes. */
  @Test
  void aStartGoesOnFromTheCheckpointThatIsNewestWhenItHasClaimed() throws Exception {
    Path chosen;
    List<Generation> generations;
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      generations = job.generations();
      job.cancel();
      chosen = new Path(job.newestCheckpoint().orElseThrow());
    }
    String number = chosen.getName().substring("chk-".length());
    // Flink may still be discarding the next number, which was pending when the job ended.
    Path newest = new Path(chosen.getParent(), "chk-" + (Long.parseLong(number) + 1_000));
    Launch launch = amid(() -> chosen.getFileSystem(config.hadoop()).rename(chosen, newest));
    try (RunningSpeedJob job = launch.run().jobs().get(0)) {
      assertThat(job.resumedFrom()).contains(newest.toString());
      assertThat(job.generations()).isEqualTo(generations);
      orders.send(60, 0, 1, 2);
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(generations.get(0));
    }
  }

  /** A start that does this between its choice and its claim: there it asks what time it is. */
  private Launch amid(Callable<?> step) {
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            try {
              step.call();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
            return Instant.now();
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    return new Launch(config, "orders", SpeedOptions.defaults(), clock);
  }

  @Test
  void ofTwoStartsAtOnceTheFirstGoesOn() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      job.awaitRunning(LIMIT);
    }
    List<RunningSpeedJob> first = new ArrayList<>();
    Launch second = amid(() -> first.add(start(SpeedOptions.defaults())));
    try {
      assertThatThrownBy(second::run)
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("another start came first");
      orders.send(60, 0, 1, 2);
      first.get(0).awaitApplied(log.endOffsets(), LIMIT);
      assertMetrics(first.get(0).generations().get(0));
    } finally {
      for (RunningSpeedJob job : first) {
        job.close();
      }
    }
  }

  /** Nothing is passed over: what Kafka deleted meanwhile is named. */
  @Test
  void offsetsThatAreGoneEndTheJobWithOneLine() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
    }
    orders.send(30, 0, 1, 2);
    long end = log.endOffsets().get(1);
    try (Admin admin = TestingClusters.kafka().admin()) {
      admin
          .deleteRecords(Map.of(new TopicPartition("orders", 1), RecordsToDelete.beforeOffset(end)))
          .all()
          .get();
    }
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      assertThat(job.resumedFrom()).isPresent();
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageMatching(
              "Cannot go on with topic orders partition 1 from offset \\d+: Kafka no longer has it \\(it begins at "
                  + end
                  + "\\); run archive.*--fresh");
    }
  }

  @Test
  void aLogThatWasCutOffIsRefused() throws Exception {
    long read;
    // Without ticks the log ends where we left it.
    LambdaConfig quiet =
        TestingClusters.config(Map.of("lambda.epoch", "1s", "lambda.tick", "false"));
    try (RunningSpeedJob job = Launch.start(quiet, "orders", SpeedOptions.defaults())) {
      orders.send(60, 0, 1, 2);
      Map<Integer, Long> ends = log.endOffsets();
      job.awaitApplied(ends, LIMIT);
      read = ends.get(0);
    }
    TestingClusters.kafka().stop();
    TestingClusters.kafka().cutOff("orders", 0, 0);
    TestingClusters.kafka().start();
    orders.send(1, 0);
    try (RunningSpeedJob job = Launch.start(quiet, "orders", SpeedOptions.defaults())) {
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageMatching(
              "Cannot go on with topic orders partition 0 from offset \\d+: its log was cut off \\(it ends at 1\\).*");
    }
    assertThat(read).isGreaterThan(1);
  }

  @Test
  void aTopicThatIsMadeAgainEndsTheJobWithOneLine() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      job.awaitRunning(LIMIT);
      TestingClusters.removeTopic("orders");
      TestingClusters.kafka().createTopic("orders", 3);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          // Which of the two depends on whether the job looks between.
          .hasMessageFindingMatch("deleted and made again|^No topic 'orders'");
    }
  }

  @Test
  void aTopicThatIsDeletedEndsTheJobWithOneLine() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      job.awaitRunning(LIMIT);
      TestingClusters.removeTopic("orders");
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("No topic 'orders' on Kafka at ");
    }
  }

  @Test
  void aTopicThatMayNoLongerBeReadEndsTheJobWithOneLine() throws Exception {
    try (RunningSpeedJob job = start(SpeedOptions.defaults())) {
      job.awaitRunning(LIMIT);
      TestingClusters.deny("orders", AclOperation.READ);
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Not allowed on topic orders of Kafka at ");
    } finally {
      TestingClusters.allowAll();
    }
  }
}
