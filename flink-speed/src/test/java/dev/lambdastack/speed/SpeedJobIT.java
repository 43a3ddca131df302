package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.handoff.Generation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The job on real Kafka and HBase; every cell is compared with plain Java over the log. */
@ExtendWith(TestingClusters.class)
class SpeedJobIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration EPOCH = Duration.ofSeconds(1);

  private LambdaConfig config;
  private Connection hbase;
  private TopicLog log;
  private TestingOrders orders;

  @BeforeEach
  void newTopic() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    config = TestingClusters.config(Map.of("lambda.epoch", "1s"));
    hbase = HBaseConnector.connect(config);
    TestingClusters.removeViews(hbase);
    log = TopicLog.open(config.kafka().within(LIMIT), "orders");
    orders = new TestingOrders("orders", 1);
    UnrulySink.calm();
  }

  @AfterEach
  void close() throws Exception {
    TestingClusters.kafka().shiftClock(Duration.ZERO);
    UnrulySink.calm();
    orders.close();
    log.close();
    hbase.close();
  }

  private RunningSpeedJob start() throws Exception {
    return Launch.start(config, "orders", SpeedOptions.defaults());
  }

  private RunningSpeedJob startUnruly() throws Exception {
    return Launch.start(config, "orders", SpeedOptions.defaults().withSink(UnrulySink::new));
  }

  /** Waits until the whole log is applied, ticks at its end included, and compares every cell. */
  private Map<ConsumerRecord<byte[], byte[]>, Long> assertEveryCell(RunningSpeedJob job)
      throws Exception {
    log.tick(log.partitions());
    job.awaitApplied(log.endOffsets(), LIMIT);
    var epochs = TestingCells.epochs(orders.log(3), EPOCH);
    Generation metrics = job.generations().get(0);
    Generation sales = job.generations().get(1);
    assertThat(TestingCells.actual(hbase, metrics))
        .isEqualTo(TestingCells.actionMetrics(orders, epochs, metrics.coverage()));
    assertThat(TestingCells.actual(hbase, sales))
        .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()));
    return epochs;
  }

  private static long epochNow() {
    return System.currentTimeMillis() / EPOCH.toMillis();
  }

  /** How many epochs from this one on have an order that committed readers see. */
  private long epochsFrom(long first) {
    return TestingCells.epochs(orders.log(3), EPOCH).entrySet().stream()
        .filter(e -> orders.order(e.getKey()) != null)
        .mapToLong(Map.Entry::getValue)
        .filter(epoch -> epoch >= first)
        .distinct()
        .count();
  }

  @Test
  void everyRecordIsInExactlyOneCell() throws Exception {
    orders.send(500, 0, 1, 2);
    try (RunningSpeedJob job = start()) {
      while (epochsFrom(0) < 3) {
        orders.send(50, 0, 1, 2);
        orders.sendCorrupt(1, "no event".getBytes(StandardCharsets.UTF_8));
        orders.sendCorrupt(2, null);
        job.awaitCheckpoint(LIMIT);
      }
      assertEveryCell(job);
      PublishedTable store = new PublishedTable(hbase);
      for (Generation generation : job.generations()) {
        // Right after its progress is said.
        Await.until(
            "the generation answers",
            LIMIT,
            () ->
                store
                    .pointer()
                    .read(generation.shape().name())
                    .flatMap(s -> s.row().generation())
                    .equals(Optional.of(generation)));
      }
    }
  }

  @Test
  void anIdleTopicGetsFreshByTicks() throws Exception {
    orders.send(10, 0); // partitions 1 and 2 have never had a record
    long first = epochNow();
    try (RunningSpeedJob job = start()) {
      job.awaitFreshness(Instant.ofEpochMilli((epochNow() + 2) * EPOCH.toMillis()), LIMIT);
      var epochs = assertEveryCell(job);
      long ticks = epochs.keySet().stream().filter(r -> orders.order(r) == null).count();
      // One for each partition and epoch, and what this test sent itself: not one for each round.
      assertThat(ticks).isBetween(3L, 3 * (epochNow() - first + 2) + 3);
    }
  }

  @Test
  void anOpenTransactionHoldsItsEpochsOpenAndLosesNothing() throws Exception {
    try (RunningSpeedJob job = start();
        KafkaProducer<byte[], byte[]> open =
            TestingOrders.producer(
                Map.of(
                    "transactional.id",
                    "stalls",
                    // Longer than all that is waited for while it is open.
                    "transaction.timeout.ms",
                    600_000));
        KafkaProducer<byte[], byte[]> aborted =
            TestingOrders.producer(Map.of("transactional.id", "aborts"))) {
      open.initTransactions();
      aborted.initTransactions();
      open.beginTransaction();
      Instant stalled = Instant.ofEpochMilli(open.send(orders.next(2)).get().timestamp());
      long stalledAt = stalled.toEpochMilli() / EPOCH.toMillis();
      for (int i = 0; i < 20; i++) {
        open.send(orders.next(2)).get();
      }
      Random random = new Random(7);
      while (epochsFrom(stalledAt) < 4) {
        orders.send(20, 0, 1, 2);
        aborted.beginTransaction();
        aborted.send(orders.next(random.nextInt(3))).get();
        aborted.abortTransaction();
        job.awaitCheckpoint(LIMIT);
      }
      assertThat(job.freshness(Instant.now()).orElseThrow()).isBeforeOrEqualTo(stalled);
      open.commitTransaction();
      var epochs = assertEveryCell(job);
      assertThat(epochs.values()).contains(stalledAt);
    }
  }

  @Test
  void epochsAreTheArchivesWhereTheClockStepsBack() throws Exception {
    Random random = new Random(11);
    try (RunningSpeedJob job = start();
        KafkaProducer<byte[], byte[]> aborted =
            TestingOrders.producer(Map.of("transactional.id", "aborts-too"))) {
      aborted.initTransactions();
      for (int i = 0; i < 40; i++) {
        TestingClusters.kafka().shiftClock(Duration.ofMillis(random.nextInt(12_000) - 6_000));
        orders.send(7, 0, 1, 2);
        aborted.beginTransaction();
        aborted.send(orders.next(random.nextInt(3))).get();
        aborted.abortTransaction();
      }
      TestingClusters.kafka().shiftClock(Duration.ofSeconds(7));
      var epochs = assertEveryCell(job);
      int compared = 0;
      int stepsBack = 0;
      Set<Long> numbers = new HashSet<>(epochs.values());
      for (long epoch : numbers) {
        Map<Integer, Long> starts = log.boundaries(epoch * EPOCH.toMillis());
        Map<Integer, Long> ends = log.boundaries((epoch + 1) * EPOCH.toMillis());
        for (var entry : epochs.entrySet()) {
          int partition = entry.getKey().partition();
          long offset = entry.getKey().offset();
          boolean inside =
              starts.containsKey(partition)
                  && offset >= starts.get(partition)
                  && offset < ends.getOrDefault(partition, Long.MAX_VALUE);
          assertThat(inside)
              .as("partition %s offset %s in epoch %s", partition, offset, epoch)
              .isEqualTo(entry.getValue() == epoch);
          compared++;
          stepsBack += entry.getKey().timestamp() / EPOCH.toMillis() < entry.getValue() ? 1 : 0;
        }
      }
      assertThat(numbers.size()).isGreaterThan(3);
      assertThat(compared).isGreaterThan(1000);
      assertThat(stepsBack).isGreaterThan(100);
    }
  }

  @Test
  void failuresAndRestoresConvergeToTheBytesOfAnUnbrokenRun() throws Exception {
    Map<String, String> metrics;
    Map<String, String> sales;
    try (RunningSpeedJob job = startUnruly()) {
      long first = epochNow();
      while (epochNow() < first + 4 || UnrulySink.FAILURES.get() < 5) {
        orders.send(60, 0, 1, 2);
        job.awaitCheckpoint(LIMIT);
        if (UnrulySink.FAILURES.get() < 5) {
          UnrulySink.FAIL_NEXT.incrementAndGet();
        }
      }
      assertEveryCell(job);
      metrics = TestingCells.bytes(hbase, job.generations().get(0));
      sales = TestingCells.bytes(hbase, job.generations().get(1));
    }
    try (RunningSpeedJob unbroken =
        Launch.start(config, "orders", SpeedOptions.defaults().withFresh(true))) {
      assertThat(unbroken.generations().get(0).number()).isEqualTo(2);
      assertEveryCell(unbroken);
      Map<String, String> again = TestingCells.bytes(hbase, unbroken.generations().get(0));
      again.keySet().retainAll(metrics.keySet());
      assertThat(again).isEqualTo(metrics);
      Map<String, String> salesAgain = TestingCells.bytes(hbase, unbroken.generations().get(1));
      salesAgain.keySet().retainAll(sales.keySet());
      assertThat(salesAgain).isEqualTo(sales);
    }
  }

  /** To Flink it runs, or restarts; nothing of it is ever durable. */
  @Test
  void aJobThatFailsForEverSaysSoWithTheReasonAndHowOften() throws Exception {
    UnrulySink.failAfterFlush = true;
    try (RunningSpeedJob job = startUnruly()) {
      orders.send(10, 0, 1, 2);
      List<String> told = new ArrayList<>();
      Await.until(
          "news of failures",
          LIMIT,
          () -> {
            told.addAll(job.news().next());
            job.noteFailures();
            return told.size() >= 2;
          });
      assertThat(told)
          .allMatch(
              line ->
                  line.matches(
                      "The speed job of topic orders failed (once|[0-9]+ times); it restarts where it left off until the cause is mended: IOException: injected after the flush"))
          .doesNotHaveDuplicates();

      Generation generation = job.generations().get(0);
      PublishedTable store = new PublishedTable(hbase);
      Failing failing =
          store.progress().failing(generation.shape().name(), generation.number()).orElseThrow();
      assertThat(failing.times()).isGreaterThanOrEqualTo(2);
      assertThat(failing.because()).isEqualTo("IOException: injected after the flush");

      UnrulySink.calm();
      Await.until(
          "the note is taken back",
          LIMIT,
          () -> {
            job.news().next();
            job.noteFailures();
            return store
                .progress()
                .failing(generation.shape().name(), generation.number())
                .isEmpty();
          });
      assertThat(job.news().failing()).isEmpty();
    }
  }

  @Test
  void aJobThatWasEndedGoesOnInItsGenerations() throws Exception {
    List<Generation> generations;
    try (RunningSpeedJob job = start()) {
      orders.send(100, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      generations = job.generations();
    }
    orders.send(100, 0, 1, 2);
    LambdaConfig rescaled =
        TestingClusters.config(Map.of("lambda.epoch", "1s", "lambda.speed.parallelism", "3"));
    try (RunningSpeedJob job = Launch.start(rescaled, "orders", SpeedOptions.defaults())) {
      assertThat(job.resumedFrom()).isPresent();
      assertThat(job.resumedFrom().get()).startsWith("hdfs://");
      assertThat(job.generations()).isEqualTo(generations);
      orders.send(100, 0, 1, 2);
      assertEveryCell(job);
    }
  }

  @Test
  void progressWaitsForTheSlowestSinkTask() throws Exception {
    try (RunningSpeedJob job = startUnruly()) {
      orders.send(100, 0, 1, 2);
      job.awaitApplied(log.endOffsets(), LIMIT);
      UnrulySink.heldTask = 0;
      Await.until("the task stands at its gate", LIMIT, () -> UnrulySink.standing == 0);
      // A checkpoint that it is through with may still complete, or be told of: all that it holds
      // stands before these.
      Map<Integer, Long> ends = log.endOffsets();
      Map<String, String> before = TestingCells.actual(hbase, job.generations().get(0));
      orders.send(100, 0, 1, 2);
      Await.until(
          "totals of the other task",
          LIMIT,
          () -> !TestingCells.actual(hbase, job.generations().get(0)).equals(before));
      long until = System.nanoTime() + 3_000_000_000L;
      while (System.nanoTime() < until) {
        assertThat(job.progress().applied())
            .allSatisfy(
                (p, applied) -> assertThat(applied.offset()).isLessThanOrEqualTo(ends.get(p)));
        Thread.sleep(20);
      }
      UnrulySink.heldTask = -1;
      assertEveryCell(job);
    }
  }
}
