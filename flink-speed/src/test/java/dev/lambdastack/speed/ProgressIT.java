package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reader that sees progress x finds every record before x in the cells, whatever failed. */
@ExtendWith(TestingClusters.class)
class ProgressIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int FAILURES = 6;

  /** A record that was acknowledged: where it stands, and its mark in the sum of its row. */
  private record Sent(int partition, long offset, long window, long mark) {}

  @Test
  void progressIsNeverAheadOfTheCells() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "30s"));
    UnrulySink.calm();
    ConcurrentLinkedQueue<Sent> sent = new ConcurrentLinkedQueue<>();
    Random random = new Random(5);
    try (Connection hbase = HBaseConnector.connect(config);
        TestingOrders orders = new TestingOrders("orders", 3);
        KafkaProducer<byte[], byte[]> producer = TestingOrders.producer(Map.of());
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders")) {
      TestingClusters.removeViews(hbase);
      try (RunningSpeedJob job =
          Launch.start(config, "orders", SpeedOptions.defaults().withSink(UnrulySink::new))) {
        UnrulySink.delayMillis = 10;
        int polls = 0;
        long checked = 0;
        long published = 0;
        while (UnrulySink.FAILURES.get() < FAILURES || checked < 2000) {
          // Bursts to one partition after another, so that a restored attempt reads another order.
          int partition = random.nextInt(3);
          List<Future<RecordMetadata>> acks = new ArrayList<>();
          List<TestingOrders.Order> burst = new ArrayList<>();
          for (int i = 0; i < 5; i++) {
            acks.add(producer.send(orders.nextMarked(partition)));
            burst.add(orders.last());
          }
          for (int i = 0; i < acks.size(); i++) {
            RecordMetadata at = acks.get(i).get();
            TestingOrders.Order order = burst.get(i);
            sent.add(
                new Sent(
                    at.partition(),
                    at.offset(),
                    order.time().toEpochMilli(),
                    order.amount().movePointRight(2).longValueExact()));
          }
          if (UnrulySink.FAILURES.get() < FAILURES && random.nextInt(8) == 0) {
            UnrulySink.FAIL_NEXT.set(1);
          }
          Progress progress = job.progress();
          Map<Long, Long> sums = sums(hbase, job.generations().get(0));
          polls++;
          for (Sent record : sent) {
            Progress.Applied applied = progress.applied().get(record.partition());
            if (applied != null && record.offset() < applied.offset()) {
              assertThat(sums.getOrDefault(record.window(), 0L) & record.mark())
                  .as("%s is in its cell, progress %s, poll %s", record, progress, polls)
                  .isEqualTo(record.mark());
              checked++;
            }
          }
          published = progress.applied().values().stream().mapToLong(a -> a.offset()).sum();
        }
        assertThat(published).isPositive();
        UnrulySink.calm();
        job.awaitApplied(log.endOffsets(), LIMIT);
        Map<Long, Long> truth = new TreeMap<>();
        sent.forEach(s -> truth.merge(s.window(), s.mark(), Long::sum));
        assertThat(sums(hbase, job.generations().get(0))).isEqualTo(truth);
      }
    } finally {
      UnrulySink.calm();
    }
  }

  /**
   * The lost attempt read partition 0 far ahead, those after it read partition 1 first: their total
   * has the lesser count and is hidden, so nothing may be said of partition 1 yet.
   *
   * @param afterACheckpoint whether the lost attempt came after a completed checkpoint
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingIsSaidWhileALostAttemptsTotalsHideOurs(boolean afterACheckpoint) throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config =
        TestingClusters.config(Map.of("lambda.epoch", "1h", "lambda.speed.parallelism", "3"));
    UnrulySink.calm();
    HeldSource.HELD_TASKS.clear();
    int ahead = HeldSource.taskOf("orders", 0, 3);
    int behind = HeldSource.taskOf("orders", 1, 3);
    UnrulySink.failAfterFlush = !afterACheckpoint;
    if (!afterACheckpoint) {
      HeldSource.HELD_TASKS.add(behind);
    }
    try (Connection hbase = HBaseConnector.connect(config);
        TestingOrders orders = new TestingOrders("orders", 3);
        KafkaProducer<byte[], byte[]> producer = TestingOrders.producer(Map.of());
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders")) {
      TestingClusters.removeViews(hbase);
      try (RunningSpeedJob job =
          Launch.start(
              config,
              "orders",
              SpeedOptions.defaults().withSource(HeldSource::new).withSink(UnrulySink::new))) {
        Generation generation = job.generations().get(0);
        if (afterACheckpoint) {
          log.tick(log.partitions());
          job.awaitApplied(log.endOffsets(), LIMIT);
          HeldSource.HELD_TASKS.add(behind);
          UnrulySink.failAfterFlush = true;
        }
        long lost = 0;
        for (int i = 0; i < 20; i++) {
          producer.send(orders.nextMarked(0)).get();
          lost |= mark(orders);
        }
        long window = orders.last().time().toEpochMilli();
        long offset = producer.send(orders.nextMarked(1)).get().offset();
        long hidden = mark(orders);
        long lostTotal = lost;
        await(() -> sums(hbase, generation).getOrDefault(window, 0L) == lostTotal);
        HeldSource.HELD_TASKS.add(ahead);
        int failures = UnrulySink.FAILURES.get();
        // The attempt that runs has read partition 0; those after it have read nothing.
        await(() -> UnrulySink.FAILURES.get() > failures + 3);
        UnrulySink.failAfterFlush = false;
        HeldSource.HELD_TASKS.remove(behind);
        // Once more after an attempt that completed checkpoints while it had to be silent.
        for (int attempt = 0; attempt < 2; attempt++) {
          long witnessed = sendToAnotherRow(orders, producer);
          await(() -> sums(hbase, generation).containsKey(witnessed));
          for (int i = 0; i < 5; i++) {
            job.awaitCheckpoint(LIMIT);
            Progress progress = job.progress();
            assertThat(sums(hbase, generation).get(window) & hidden)
                .as("the lost total hides what partition 1 holds")
                .isZero();
            assertThat(progress.applied().get(1).offset())
                .as("progress in partition 1, where offset %s is in no cell", offset)
                .isLessThanOrEqualTo(offset);
          }
          int before = UnrulySink.FAILURES.get();
          UnrulySink.FAIL_NEXT.set(1);
          await(() -> UnrulySink.FAILURES.get() > before);
        }
        HeldSource.HELD_TASKS.clear();
        job.awaitApplied(log.endOffsets(), LIMIT);
        assertThat(sums(hbase, generation).get(window)).isEqualTo(lost | hidden);
      }
    } finally {
      HeldSource.HELD_TASKS.clear();
      UnrulySink.calm();
    }
  }

  /** As on a TaskManager that is cut off from the others and still reaches HBase. */
  @Test
  void aWriterThatOutlivesItsAttemptWritesNoMore() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "1h"));
    UnrulySink.calm();
    try (Connection hbase = HBaseConnector.connect(config);
        TestingOrders orders = new TestingOrders("orders", 3);
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders")) {
      TestingClusters.removeViews(hbase);
      try (RunningSpeedJob job =
          Launch.start(config, "orders", SpeedOptions.defaults().withSink(UnrulySink::new))) {
        orders.send(60, 0, 1, 2);
        job.awaitApplied(log.endOffsets(), LIMIT);
        Map<Long, Long> before = sums(hbase, job.generations().get(0));
        UnrulySink.cutOff = true;
        UnrulySink.FAIL_NEXT.set(1);
        orders.send(60, 0, 1, 2);
        job.awaitApplied(log.endOffsets(), LIMIT);
        UnrulySink.cutOff = false;
        Map<Long, Long> after = sums(hbase, job.generations().get(0));
        assertThat(after).isNotEqualTo(before);
        assertThat(UnrulySink.OUTLIVED).isNotEmpty();
        for (UnrulySink.Outlived outlived : UnrulySink.OUTLIVED) {
          Total last = outlived.last();
          Total greater = new Total(last.id(), last.epoch(), last.events() + 1_000, last.value());
          try {
            outlived.writer().write(greater, null);
          } catch (IllegalStateException e) {
            // It is taken all the same. Whether its attempt's timers are gone yet is a race.
            assertThat(e).hasMessageContaining("Timer service is shut down");
          }

          assertThatThrownBy(() -> outlived.writer().flush(false))
              .isInstanceOf(IOException.class)
              .hasMessageContaining("has gone on from checkpoint");
          outlived.writer().close();
        }
        assertThat(sums(hbase, job.generations().get(0))).isEqualTo(after);
      }
    } finally {
      UnrulySink.OUTLIVED.clear();
      UnrulySink.calm();
    }
  }

  private static long mark(TestingOrders orders) {
    return orders.last().amount().movePointRight(2).longValueExact();
  }

  /** To partition 1, in a row that nothing hides: when it is there, all before it was read. */
  private static long sendToAnotherRow(TestingOrders orders, KafkaProducer<byte[], byte[]> producer)
      throws Exception {
    long window = orders.last().time().toEpochMilli();
    ProducerRecord<byte[], byte[]> record = orders.nextMarked(1);
    while (orders.last().time().toEpochMilli() == window) {
      record = orders.nextMarked(1);
    }
    producer.send(record).get();
    return orders.last().time().toEpochMilli();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("gave up waiting").isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  /** The sum of each window over all its epochs, in hundredths. */
  private static Map<Long, Long> sums(Connection hbase, Generation generation) throws IOException {
    Map<Long, Long> sums = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scan = table.getScanner(new Scan())) {
      scan.forEach(
          row ->
              row.listCells()
                  .forEach(
                      cell -> {
                        BigDecimal total =
                            (BigDecimal)
                                generation
                                    .shape()
                                    .decode(CellUtil.cloneValue(cell))
                                    .values()
                                    .get("total_amount");
                        sums.merge(
                            RowKey.windowStart(CellUtil.cloneRow(cell)),
                            total.movePointRight(2).longValueExact(),
                            Long::sum);
                      }));
    }
    return sums;
  }
}
