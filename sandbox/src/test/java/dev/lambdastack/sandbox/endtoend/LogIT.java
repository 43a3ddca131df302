package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.Tick;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Orders;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logs that are not smooth. */
@ExtendWith(SharedSandbox.class)
final class LogIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** A record that a committed reader gets; {@code order} is empty where it is no event. */
  private record Logged(
      OptionalLong order, boolean tick, int partition, long offset, long appended) {}

  /** Where an order was sent to. */
  private record Place(int partition, long offset) {}

  /**
   * Clocks that step to and fro, aborted transactions, records that are no events, ticks, and a
   * speed job that is ended in the middle and goes on with another number of tasks.
   */
  @ParameterizedTest
  @CsvSource({"0, 31", "1, 32"})
  void theArchivesEpochsAreTheSpeedJobsForEveryRecord(int scenario, long seed) throws Exception {
    Random random = new Random(seed);
    try (Scenario epochs = Scenario.open(ScenarioViews.EPOCHS.get(scenario), seed);
        TopicLog log =
            TopicLog.open(
                new KafkaSettings(epochs.bootstrapServers(), LIMIT), epochs.type().topic())) {
      Map<Place, Long> orders = new HashMap<>();
      int resumed = 0;
      int round = 0;
      for (int parallelism : new int[] {1, 3, 2}) {
        // The second run's records are all stamped before those of the first, whose log time holds:
        // a job that did not restore it would find earlier epochs.
        Duration back = parallelism == 3 ? Duration.ofMinutes(10) : Duration.ZERO;
        epochs.sandbox().clusters().kafka().shiftClock(back.negated());
        try (RunningSpeedJob speed = rescaled(epochs, parallelism).startSpeed()) {
          resumed += speed.resumedFrom().isPresent() ? 1 : 0;
          speed.awaitCheckpoint(LIMIT);
          for (int i = 0; i < 15; i++) {
            orders.putAll(produceUnsteadily(epochs, log, back, round++, random));
          }
          if (parallelism == 1) {
            // All is in a checkpoint, or else the next run reads again what brought the log time.
            log.tick(log.partitions());
            speed.awaitApplied(log.endOffsets(), LIMIT);
          }
          // Else ended with records under way that no checkpoint knows of.
        }
      }
      epochs.sandbox().clusters().kafka().shiftClock(Duration.ZERO);
      List<Logged> logged = read(epochs, orders);
      epochs.layers().awaitEpochAfter(latest(logged));
      try (RunningSpeedJob speed = rescaled(epochs, 3).startSpeed()) {
        epochs.layers().archive();
        log.tick(log.partitions());
        speed.awaitApplied(log.endOffsets(), LIMIT);
        Map<Long, Long> bySpeed = speedEpochs(epochs.hbase(), speed.generations().get(0));
        Map<Long, Long> byArchive = archiveEpochs(epochs, logged);
        Map<Long, Long> byMaximum = runningMaximum(epochs.layers().config(), logged);
        long ticks = logged.stream().filter(Logged::tick).count();
        long noEvents = logged.stream().filter(r -> !r.tick() && r.order().isEmpty()).count();
        System.out.printf(
            "epochs: %d events in %d epochs, %d records stamped before an earlier one, %d ticks, %d no events; %d runs went on%n",
            byMaximum.size(),
            new TreeSet<>(byMaximum.values()).size(),
            stepsBack(logged),
            ticks,
            noEvents,
            resumed);
        assertThat(resumed).isEqualTo(2);
        assertThat(speed.generations().get(0).number()).isEqualTo(1);
        assertThat(byMaximum).hasSameSizeAs(orders.keySet());
        assertThat(stepsBack(logged)).isGreaterThan(20);
        assertThat(ticks).isGreaterThan(5);
        assertThat(noEvents).isGreaterThan(5);
        assertThat(new TreeSet<>(byMaximum.values()).size()).isGreaterThanOrEqualTo(3);
        assertThat(byArchive).isEqualTo(byMaximum);
        assertThat(bySpeed).isEqualTo(byMaximum);
      }
    } finally {
      SharedSandbox.sandbox().clusters().kafka().shiftClock(Duration.ZERO);
    }
  }

  private static Layers rescaled(Scenario scenario, int parallelism) {
    Configuration conf = scenario.layers().config().hadoop();
    conf.set("lambda.speed.parallelism", String.valueOf(parallelism));
    return new Layers(LambdaConfig.of(conf), scenario.type().topic(), ViewsLoader.FROM_CLASS_PATH);
  }

  /** A transaction, aborted one time in three, under a clock that steps to and fro. */
  private static Map<Place, Long> produceUnsteadily(
      Scenario scenario, TopicLog log, Duration back, int round, Random random) throws Exception {
    EmbeddedKafka kafka = scenario.sandbox().clusters().kafka();
    EventEncoder encoder = new EventEncoder(scenario.type());
    Map<Place, Long> committed = new HashMap<>();
    // On the whole it goes on, by a tenth of an epoch each time; from record to record it does not.
    kafka.shiftClock(Duration.ofMillis(100L * round + random.nextInt(2000) - 4000).minus(back));
    if (random.nextInt(3) == 0) {
      log.tick(Set.of(random.nextInt(Scenario.PARTITIONS)));
    }
    try (KafkaProducer<byte[], byte[]> producer = transactional(scenario, "unsteady")) {
      producer.beginTransaction();
      List<Map.Entry<ShopEvent, Future<RecordMetadata>>> records = new ArrayList<>();
      for (ShopEvent event : scenario.shops().events(8)) {
        records.add(
            Map.entry(event, producer.send(record(scenario, encoder, event, random.nextInt(3)))));
      }
      producer.send(
          new ProducerRecord<>(
              scenario.type().topic(),
              random.nextInt(3),
              null,
              random.nextBoolean() ? null : new byte[] {1, 2, 3}));
      producer.flush();
      if (random.nextInt(3) == 0) {
        producer.abortTransaction();
        return committed;
      }
      producer.commitTransaction();
      for (Map.Entry<ShopEvent, Future<RecordMetadata>> record : records) {
        RecordMetadata at = record.getValue().get();
        committed.put(new Place(at.partition(), at.offset()), record.getKey().orderId());
      }
    }
    return committed;
  }

  /** All that a committed reader gets, partition by partition in order. */
  private static List<Logged> read(Scenario scenario, Map<Place, Long> orders) {
    List<Logged> logged = new ArrayList<>();
    String topic = scenario.type().topic();
    try (TopicLog log =
            TopicLog.open(new KafkaSettings(scenario.bootstrapServers(), LIMIT), topic);
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                LogClients.consumer(new KafkaSettings(scenario.bootstrapServers(), LIMIT)))) {
      log.endOffsets()
          .forEach(
              (number, end) -> {
                TopicPartition partition = new TopicPartition(topic, number);
                consumer.assign(List.of(partition));
                consumer.seekToBeginning(List.of(partition));
                while (consumer.position(partition) < end) {
                  for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(50))) {
                    Long order = orders.get(new Place(number, r.offset()));
                    logged.add(
                        new Logged(
                            order == null ? OptionalLong.empty() : OptionalLong.of(order),
                            Tick.isTick(r.headers()),
                            number,
                            r.offset(),
                            r.timestamp()));
                  }
                }
              });
    }
    return logged;
  }

  private static KafkaProducer<byte[], byte[]> transactional(Scenario scenario, String id) {
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", scenario.bootstrapServers(), "transactional.id", id),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static ProducerRecord<byte[], byte[]> record(
      Scenario scenario, EventEncoder encoder, ShopEvent event, int partition) {
    return new ProducerRecord<>(
        scenario.type().topic(), partition, null, encoder.value(Orders.of(event)));
  }

  private static Instant latest(List<Logged> logged) {
    return Instant.ofEpochMilli(logged.stream().mapToLong(Logged::appended).max().orElseThrow());
  }

  private static long stepsBack(List<Logged> logged) {
    Map<Integer, Long> maximum = new HashMap<>();
    long steps = 0;
    for (Logged record : logged) {
      long before = maximum.getOrDefault(record.partition(), 0L);
      steps += record.appended() < before ? 1 : 0;
      maximum.put(record.partition(), Math.max(before, record.appended()));
    }
    return steps;
  }

  private static Map<Long, Long> runningMaximum(LambdaConfig config, List<Logged> logged) {
    Map<Integer, Long> maximum = new HashMap<>();
    Map<Long, Long> epochs = new TreeMap<>();
    for (Logged record : logged) {
      long logTime = maximum.merge(record.partition(), record.appended(), Math::max);
      record
          .order()
          .ifPresent(order -> epochs.put(order, logTime / config.log().epoch().toMillis()));
    }
    return epochs;
  }

  private static Map<Long, Long> archiveEpochs(Scenario scenario, List<Logged> logged)
      throws IOException {
    LambdaConfig config = scenario.layers().config();
    List<ArchiveRun> runs = MasterTable.open(config, scenario.type().topic()).runs();
    Map<Long, Long> epochs = new TreeMap<>();
    for (Logged record : logged) {
      if (record.order().isPresent()) {
        epochs.put(record.order().getAsLong(), archiveEpoch(runs, record));
      }
    }
    return epochs;
  }

  /** The last epoch that begins at or before the record. */
  private static long archiveEpoch(List<ArchiveRun> runs, Logged record) {
    for (ArchiveRun run : runs) {
      var range = run.partitions().get(record.partition());
      if (record.offset() >= range.start() && record.offset() < range.end()) {
        // Run-length encoded: an epoch ends before the first boundary that lies behind the record.
        long next =
            range.boundaries().entrySet().stream()
                .filter(b -> b.getValue() > record.offset())
                .mapToLong(Map.Entry::getKey)
                .min()
                .orElseThrow();
        return next - 1;
      }
    }
    throw new AssertionError(record + " is not archived");
  }

  private static Map<Long, Long> speedEpochs(Connection hbase, Generation generation)
      throws IOException {
    Map<Long, Long> epochs = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        Long order = (Long) RowKey.key(generation.shape(), result.getRow()).get(0);
        for (var cell : result.rawCells()) {
          assertThat(epochs.put(order, Cell.epoch(CellUtil.cloneQualifier(cell), 0)))
              .as("a second cell of order %d", order)
              .isNull();
        }
      }
    }
    return epochs;
  }

  @Test
  void aPartitionThatStallsForEpochsLosesNothing() throws Exception {
    try (Scenario stalled = Scenario.open("stalled", 8)) {
      stalled.produceOver(2, 150);
      stalled.batch();
      try (RunningSpeedJob speed = stalled.layers().startSpeed();
          KafkaProducer<byte[], byte[]> slow = transactional(stalled, "slow")) {
        slow.beginTransaction();
        ShopEvent held = stalled.shops().events(1).get(0);
        RecordMetadata first =
            slow.send(record(stalled, new EventEncoder(stalled.type()), held, 0)).get();
        // Kafka shows partition 0 up to the open transaction only; the others go on.
        stalled.produceOver(4, 150);
        Instant stuckAt = Instant.ofEpochMilli(first.timestamp());
        long behind =
            stalled.ledger().count(e -> e.partition() == 0 && e.offset() > first.offset());
        for (String view : List.of("action_metrics", "daily_sales")) {
          assertThat(stalled.client().describe(stalled.view(view)).provenance().freshness())
              .isBeforeOrEqualTo(stuckAt);
        }
        long epochs = stalled.epochs();
        slow.commitTransaction();
        stalled.oracle().count(held);
        System.out.printf(
            "stalled: %d events were behind the open transaction, over %d epochs%n",
            behind, epochs);
        assertThat(behind).isGreaterThan(50);
        assertThat(epochs).isGreaterThanOrEqualTo(6);
        stalled.awaitFresh();
        stalled.check("after the partition went on");
        stalled.batch();
        stalled.check("after the batch layer has taken it");
        speed.checkAlive();
      }
    }
  }

  @Test
  void aSpeedJobThatWasKilledConvergesToTheSameBytes() throws Exception {
    try (Scenario restored = Scenario.open("restored", 21)) {
      Map<String, Generation> broken = new TreeMap<>();
      try (RunningSpeedJob speed = restored.layers().startSpeed()) {
        restored.produceOver(2, 200);
        speed.awaitCheckpoint(LIMIT);
        restored.produce(200);
      }
      restored.produce(200);
      String checkpoint;
      try (RunningSpeedJob speed = restored.layers().startSpeed()) {
        checkpoint = speed.resumedFrom().orElseThrow();
        speed.generations().forEach(g -> broken.put(g.shape().name(), g));
        restored.produceOver(2, 200);
        awaitAll(restored, speed);
        restored.awaitFresh();
        restored.check("after the kill");
      }
      try (RunningSpeedJob unbroken =
          restored.layers().startSpeed(SpeedOptions.defaults().withFresh(true))) {
        awaitAll(restored, unbroken);
        int cells = 0;
        for (Generation generation : unbroken.generations()) {
          Generation other = broken.get(generation.shape().name());
          assertThat(other.number()).isEqualTo(generation.number() - 1);
          List<String> bytes = cells(restored.hbase(), generation);
          assertThat(cells(restored.hbase(), other)).isEqualTo(bytes);
          cells += bytes.size();
        }
        System.out.printf(
            "restored: went on from %s; %d cells have the bytes of an unbroken run%n",
            checkpoint.replaceAll(".*/", ""), cells);
        assertThat(cells).isGreaterThan(500);
        restored.check("by the unbroken run");
      }
    }
  }

  private static void awaitAll(Scenario scenario, RunningSpeedJob job) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
      job.awaitApplied(log.endOffsets(), LIMIT);
    }
  }

  private static List<String> cells(Connection hbase, Generation generation) throws IOException {
    List<String> cells = new ArrayList<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        for (var cell : result.rawCells()) {
          cells.add(
              String.format(
                  Locale.ROOT,
                  "%s %s %d %s",
                  Bytes.toHex(result.getRow()),
                  Bytes.toHex(CellUtil.cloneQualifier(cell)),
                  cell.getTimestamp(),
                  Bytes.toHex(CellUtil.cloneValue(cell))));
        }
      }
    }
    return cells;
  }
}
