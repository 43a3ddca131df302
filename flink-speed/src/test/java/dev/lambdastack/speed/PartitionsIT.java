package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Partitions that are added to a topic; every cell is compared with plain Java over the log. */
@ExtendWith(TestingClusters.class)
class PartitionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration EPOCH = Duration.ofSeconds(1);

  private LambdaConfig config;
  private Connection hbase;
  private TopicAgreement adoptions;
  private TestingOrders orders;

  @BeforeEach
  void newTopic() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    config = TestingClusters.config(Map.of("lambda.epoch", "1s", "lambda.clock-skew", "1s"));
    hbase = HBaseConnector.connect(config);
    TestingClusters.removeViews(hbase);
    orders = new TestingOrders("orders", 5);
    UnrulySink.calm();
    try (TopicLog log = log()) {
      adoptions = TopicAgreement.of(config, "orders", log.topicId());
    }
  }

  @AfterEach
  void close() throws Exception {
    UnrulySink.calm();
    orders.close();
    hbase.close();
  }

  private TopicLog log() {
    return TopicLog.open(config.kafka().within(LIMIT), "orders");
  }

  private RunningSpeedJob start() throws Exception {
    return Launch.start(config, "orders", SpeedOptions.defaults().withSink(UnrulySink::new));
  }

  private static void grow(int partitions) throws Exception {
    try (var admin = TestingClusters.kafka().admin()) {
      admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(partitions))).all().get();
    }
  }

  private void send(int count, int partitions) throws Exception {
    orders.send(count, IntStream.range(0, partitions).toArray());
  }

  private static long epochNow() {
    return System.currentTimeMillis() / EPOCH.toMillis();
  }

  /** Epochs by the running maximum, which begins at the partition's floor. */
  private Map<ConsumerRecord<byte[], byte[]>, Long> epochs(int partitions) throws Exception {
    Adoptions known = adoptions.read().orElseThrow();
    assertThat(known.partitions()).hasSize(partitions);
    var epochs = TestingCells.epochs(orders.log(partitions), EPOCH);
    epochs.replaceAll(
        (record, epoch) ->
            Math.max(epoch, known.floorMillis(record.partition()) / EPOCH.toMillis()));
    return epochs;
  }

  private void assertEveryCell(RunningSpeedJob job, int partitions) throws Exception {
    try (TopicLog log = log()) {
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
    }
    var epochs = epochs(partitions);
    Generation metrics = job.generations().get(0);
    Generation sales = job.generations().get(1);
    assertThat(TestingCells.actual(hbase, metrics))
        .isEqualTo(TestingCells.actionMetrics(orders, epochs, metrics.coverage()));
    assertThat(TestingCells.actual(hbase, sales))
        .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()));
  }

  /** How many orders of the partition stand in the log before it counts. */
  private long early(int partition) throws Exception {
    long floor = adoptions.read().orElseThrow().floorMillis(partition);
    return orders.log(partition + 1).stream()
        .filter(r -> r.partition() == partition && r.timestamp() < floor)
        .filter(r -> orders.order(r) != null)
        .count();
  }

  /** Sends until the job has noticed. */
  private void sendUntilItEnds(RunningSpeedJob job, int partitions) throws Exception {
    do {
      send(20, partitions);
    } while (!job.hasEnded());
    assertThatThrownBy(job::awaitEnd)
        .isInstanceOf(PartitionsAddedException.class)
        .hasMessageContaining("its partitions changed meanwhile")
        .hasMessageContaining("start again");
  }

  @Test
  void partitionsThatAreAddedUnderLoadAreTakenInByTheNextStart() throws Exception {
    List<Generation> generations;
    try (RunningSpeedJob job = start()) {
      generations = job.generations();
      send(300, 3);
      job.awaitCheckpoint(LIMIT);
      grow(4);
      sendUntilItEnds(job, 4);
    }
    send(100, 4);
    try (RunningSpeedJob job = start()) {
      assertThat(job.resumedFrom()).isPresent();
      assertThat(job.generations()).isEqualTo(generations);
      UnrulySink.FAIL_NEXT.set(1);
      long first = epochNow();
      while (epochNow() < first + 5 || UnrulySink.FAILURES.get() < 1) {
        send(40, 4);
        job.awaitCheckpoint(LIMIT);
      }
      assertThat(early(3)).isGreaterThan(20);
      grow(6);
      sendUntilItEnds(job, 6);
    }
    LambdaConfig rescaled =
        TestingClusters.config(
            Map.of(
                "lambda.epoch", "1s", "lambda.clock-skew", "1s", "lambda.speed.parallelism", "3"));
    // Before a start that takes its time has adopted the new ones.
    send(60, 6);
    try (RunningSpeedJob job = Launch.start(rescaled, "orders", SpeedOptions.defaults())) {
      assertThat(job.generations()).isEqualTo(generations);
      send(100, 6);
      assertEveryCell(job, 6);
    }
    send(100, 6);
    // The partitions are in the checkpoint now.
    try (RunningSpeedJob job = start()) {
      assertThat(job.resumedFrom()).isPresent();
      assertThat(job.generations()).isEqualTo(generations);
      send(100, 6);
      assertEveryCell(job, 6);
      assertThat(early(3)).isGreaterThan(20);
      assertThat(early(5)).isPositive();
    }
  }

  /** The epochs of the new partition are long over when the job comes to know of it. */
  @Test
  void aPartitionThatTheArchiveHasAdoptedMeanwhileIsTakenInWhole() throws Exception {
    List<Generation> generations;
    try (RunningSpeedJob job = start()) {
      generations = job.generations();
      send(100, 3);
      job.awaitCheckpoint(LIMIT);
    }
    grow(4);
    send(100, 4);
    Set<Integer> now = Set.of(0, 1, 2, 3);
    Adoptions adopted =
        adoptions.adopt(
            now,
            now,
            Adoptions.adoptedAt(Instant.now(), config.log().clockSkew(), config.log().epoch()));
    long until = adopted.floorMillis(3) / EPOCH.toMillis() + 3;
    while (epochNow() < until) {
      send(20, 4);
      Thread.sleep(20);
    }
    try (RunningSpeedJob job = start()) {
      assertThat(job.generations()).isEqualTo(generations);
      send(50, 4);
      assertEveryCell(job, 4);
      assertThat(adoptions.read()).contains(adopted);
      assertThat(early(3)).isPositive();
      Progress progress = job.progress();
      assertThat(progress.applied()).containsOnlyKeys(0, 1, 2, 3);
    }
    // A fresh generation, from the beginning of the log, has the same cells.
    try (RunningSpeedJob fresh =
        Launch.start(config, "orders", SpeedOptions.defaults().withFresh(true))) {
      assertThat(fresh.generations().get(0).startOffsets()).containsEntry(3, 0L);
      assertEveryCell(fresh, 4);
    }
  }

  /** Whatever Kafka tells it: what it says of its freshness must not reach the adoption. */
  @Test
  void aJobThatDoesNotReadAnAdoptedPartitionSaysNothingMore() throws Exception {
    try (RunningSpeedJob job = start()) {
      send(50, 3);
      job.awaitRunning(LIMIT);
      // Farther ahead than it must be: this thread may stand still before it is written.
      adoptions.adopt(
          Set.of(0, 1, 2, 3),
          Set.of(0, 1, 2, 3),
          Adoptions.adoptedAt(Instant.now(), LIMIT, config.log().epoch()));
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(PartitionsAddedException.class)
          .hasMessageContaining("expected [0, 1, 2], found [0, 1, 2, 3]");
      PublishedTable store = new PublishedTable(hbase);
      Set<Integer> told =
          store
              .pointer()
              .read("action_metrics")
              .orElseThrow()
              .progress()
              .applied()
              .entrySet()
              .stream()
              .filter(e -> e.getValue().logTimeMillis() >= adoptions().floorMillis(3))
              .map(Map.Entry::getKey)
              .collect(Collectors.toCollection(HashSet::new));
      assertThat(told).isEmpty();
    }
  }

  private Adoptions adoptions() {
    try {
      return adoptions.read().orElseThrow();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
