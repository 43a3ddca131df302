package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.LostAnswers;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.OffsetSpan;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.Tick;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.LostOffsets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.iceberg.data.Record;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Servers.Extension.class)
class ArchiveIT {
  private static List<Sale> sales(Random random, int count, long eventTime) {
    return IntStream.range(0, count).mapToObj(i -> Sale.random(random, eventTime + i)).toList();
  }

  private static KafkaProducer<byte[], byte[]> transactional(Scene scene) {
    Map<String, Object> settings =
        LogClients.producer(
            new KafkaSettings(scene.servers().kafka().bootstrapServers(), Duration.ofMinutes(10)));
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, scene.topic());
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 800_000);
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
    producer.initTransactions();
    return producer;
  }

  /** Every event that committed readers see, as partition and offset. */
  private static Set<String> eventsBefore(Scene scene, Map<Integer, PartitionRange> horizon) {
    return scene.delivered().stream()
        .filter(r -> !Tick.isTick(r.headers()))
        .filter(r -> r.offset() < horizon.get(r.partition()).end())
        .map(r -> r.partition() + "@" + r.offset())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> archived(Scene scene) throws Exception {
    return scene.rows().stream()
        .map(r -> r.getField(EventColumns.PARTITION) + "@" + r.getField(EventColumns.OFFSET))
        .sorted()
        .toList();
  }

  /** All that was committed before the horizon is archived, and once. */
  private static void assertArchivedOnce(Scene scene) throws Exception {
    Map<Integer, PartitionRange> horizon = scene.contents().archived().partitions();
    assertThat(archived(scene)).containsExactlyElementsOf(eventsBefore(scene, horizon));
  }

  @Test
  void keepsEveryFieldOfEveryEvent(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      List<Scene.Placed> sent =
          scene.sendAll(0, sales(new Random(1), 300, scene.now() - 200), Sale.V1);
      long started = scene.toEpochStart();
      ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
      assertThat(result.run()).hasValue(1);
      assertThat(result.fromEpoch()).isZero();
      assertThat(result.toEpoch()).isBetween(started, scene.epoch());
      assertThat(result.events()).isEqualTo(300);
      assertThat(result.deadLetters()).isZero();
      Map<Long, Sale> byOffset =
          sent.stream().collect(Collectors.toMap(Scene.Placed::offset, Scene.Placed::sale));
      List<Record> rows = scene.rows();
      assertThat(rows).hasSize(300);
      for (Record row : rows) {
        Sale sale = byOffset.get((Long) row.getField(EventColumns.OFFSET));
        assertThat(row.getField("id")).isEqualTo(sale.id());
        assertThat(row.getField("user")).isEqualTo(sale.user());
        assertThat(row.getField("kind")).isEqualTo(sale.kind());
        assertThat(row.getField("quantity")).isEqualTo(sale.quantity());
        assertThat(row.getField("amount")).isEqualTo(sale.amount());
        assertThat(row.getField("tip")).isEqualTo(sale.tip());
        assertThat(row.getField("weight")).isEqualTo(sale.weight());
        assertThat(row.getField("paid")).isEqualTo(sale.paid());
        assertThat(row.getField("coupon")).isEqualTo(sale.coupon());
        assertThat(millis(row, "event_time")).isEqualTo(sale.eventTime());
        assertThat(row.getField("tags")).isEqualTo(Arrays.asList("a", null));
        assertThat(row.getField(EventColumns.RAW)).isNull();
      }
    }
  }

  private static long millis(Record row, String column) {
    return ((OffsetDateTime) row.getField(column)).toInstant().toEpochMilli();
  }

  @Test
  void theTableKnowsItsFilesAsTheyAre(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.sendAll(0, sales(new Random(2), 200, scene.now() - 100), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      for (LiveFile file : scene.contents().files()) {
        Path path = new Path(file.path());
        assertThat(path.getFileSystem(scene.conf()).getFileStatus(path).getLen())
            .isEqualTo(file.lengthBytes());
        assertThat(FileCheck.ofPages(scene.conf(), file.path(), file.rows())).isEmpty();

        List<Record> rows = scene.read(file);
        List<Long> times = rows.stream().map(r -> millis(r, "event_time")).toList();
        List<Long> offsets =
            rows.stream().map(r -> (Long) r.getField(EventColumns.OFFSET)).sorted().toList();
        assertThat(times).isSorted();
        assertThat(file.rows()).isEqualTo(rows.size());
        assertThat(file.eventTimes())
            .isEqualTo(new LiveFile.Range(times.get(0), times.get(times.size() - 1)));
        assertThat(file.offsets())
            .isEqualTo(new LiveFile.Range(offsets.get(0), offsets.get(offsets.size() - 1)));
        assertThat(file.partitions()).isEqualTo(new LiveFile.Range(0, 0));
        assertThat(file.pinned()).contains(Fingerprints.of(Sale.V1));
      }
    }
  }

  /**
   * Boundaries by Kafka's index are those of the running maximum, over clocks that step back and
   * aborted transactions, and records go by them.
   */
  @Test
  void cutsEpochsWhereTheRunningMaximumReachesThem(Servers servers) throws Exception {
    long seed = 7;
    Random random = new Random(seed);
    int partitions = 3;
    try (Scene scene = Scene.open(servers, partitions);
        KafkaProducer<byte[], byte[]> producer = transactional(scene)) {
      scene.conf().set("lambda.archive.split-records", "40");
      int aborted = 0;
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 60; i++) {
          scene.move(Duration.ofMillis(random.nextInt(1_500)));
          if (random.nextInt(10) == 0) {
            scene.move(Duration.ofMillis(-random.nextInt(8_000)));
          }
          int partition = random.nextInt(partitions);
          if (random.nextInt(3) != 0) {
            scene.send(partition, Sale.random(random, scene.now()), Sale.V1);
            continue;
          }
          producer.beginTransaction();
          for (int j = random.nextInt(3); j >= 0; j--) {
            byte[] value = Sale.random(random, scene.now()).encode(Sale.V1);
            producer
                .send(new ProducerRecord<>(scene.topic(), random.nextInt(partitions), null, value))
                .get();
          }
          if (random.nextBoolean()) {
            producer.commitTransaction();
          } else {
            producer.abortTransaction();
            aborted++;
          }
        }
        // A step back may have left the clock in an epoch that is archived already.
        scene.move(Duration.ofSeconds(15));
        assertThat(scene.archive(Sale.V1).run(scene.topic()).isEmpty()).isFalse();
      }
      assertThat(aborted).isGreaterThan(10);
      List<ArchiveRun> runs = scene.runs();
      assertThat(runs).hasSize(3);
      List<ConsumerRecord<byte[], byte[]>> delivered = scene.delivered();
      Adoptions adoptions = adoptions(scene);
      int checked = 0;
      for (ArchiveRun run : runs) {
        checked += assertBoundaries(delivered, adoptions, run, seed);
      }
      System.out.printf(
          "%d boundaries equal, %d epochs, %d aborted transactions%n",
          checked, runs.get(2).toEpoch() - runs.get(0).toEpoch(), aborted);
      assertThat(checked).isGreaterThan(20);
      assertArchivedOnce(scene);
      for (int i = 1; i < runs.size(); i++) {
        for (int p = 0; p < partitions; p++) {
          assertThat(runs.get(i).partitions().get(p).start())
              .isEqualTo(runs.get(i - 1).partitions().get(p).end());
        }
      }
    }
  }

  /** By a plain scan: where does the running maximum of append times reach an epoch's start? */
  private static int assertBoundaries(
      List<ConsumerRecord<byte[], byte[]>> delivered,
      Adoptions adoptions,
      ArchiveRun run,
      long seed) {
    Map<Integer, List<ConsumerRecord<byte[], byte[]>>> byPartition =
        delivered.stream().collect(Collectors.groupingBy(ConsumerRecord::partition));
    byPartition.keySet().retainAll(run.partitions().keySet());
    int checked = 0;
    for (var entry : byPartition.entrySet()) {
      PartitionRange range = run.partitions().get(entry.getKey());
      long first = range.boundaries().firstKey();
      for (long epoch = Math.max(first, run.toEpoch() - 200); epoch <= run.toEpoch(); epoch++) {
        long start = epoch * Scene.EPOCH.toMillis();
        long maximum = adoptions.floorMillis(entry.getKey());
        long expected = -1;
        for (ConsumerRecord<byte[], byte[]> record : entry.getValue()) {
          maximum = Math.max(maximum, record.timestamp());
          if (maximum >= start) {
            expected = record.offset();
            break;
          }
        }
        assertThat(range.boundary(epoch))
            .as("seed %d, partition %d, epoch %d", seed, entry.getKey(), epoch)
            .isEqualTo(expected);
        checked++;
      }
      assertThat(range.boundary(run.toEpoch())).isEqualTo(range.end());
    }
    return checked;
  }

  @Test
  void aSecondRunArchivesNothingTwice(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.sendAll(0, sales(new Random(3), 50, scene.now()), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Map<String, Long> before = scene.everything();
      ArchiveResult again = scene.archive(Sale.V1).run(scene.topic());
      assertThat(again.isEmpty()).isTrue();
      assertThat(again.run()).isEmpty();
      assertThat(scene.everything()).isEqualTo(before);
      scene.sendAll(1, sales(new Random(4), 20, scene.now()), Sale.V1);
      scene.toEpochStart();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(20);
      assertArchivedOnce(scene);
    }
  }

  /** The start of a run is checked against the leader epoch that the last run noted. */
  @Test
  void goesOnAfterTheBrokerWasRestarted(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.sendAll(0, sales(new Random(3), 50, scene.now()), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      assertThat(scene.runs().get(0).partitions().get(0).leaderEpoch()).isPresent();
      servers.kafka().stop();
      servers.kafka().start();
      scene.sendAll(0, sales(new Random(4), 20, scene.now()), Sale.V1);
      scene.toEpochStart();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(20);
      assertThat(scene.runs().get(1).partitions().get(0).leaderEpoch().orElseThrow())
          .isGreaterThan(scene.runs().get(0).partitions().get(0).leaderEpoch().orElseThrow());
      assertArchivedOnce(scene);
    }
  }

  /** Takes the end of partition 0 away, then others write on there, in a later leader epoch. */
  private static void cutOff(Scene scene, long from, int others) throws IOException {
    scene.servers().kafka().stop();
    scene.servers().kafka().cutOff(scene.topic(), 0, from);
    scene.servers().kafka().start();
    Map<String, Object> settings =
        LogClients.producer(
            new KafkaSettings(scene.servers().kafka().bootstrapServers(), Scene.TIMEOUT));
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (Sale sale : sales(new Random(from), others, scene.now())) {
        producer.send(new ProducerRecord<>(scene.topic(), 0, null, sale.encode(Sale.V1)));
      }
    }
  }

  /** Every record a batch of its own, so that a log can be cut off anywhere. */
  private static void sendOneByOne(Scene scene, int count) {
    for (Sale sale : sales(new Random(count), count, scene.now())) {
      scene.send(0, sale, Sale.V1);
    }
  }

  /** The run ends at offset 10, where a tick stands. */
  @ParameterizedTest
  @CsvSource({"4,0", "4,20", "9,20", "10,0", "10,20", "11,20"})
  void refusesALogThatWasCutOffWhateverHasComeSince(long from, int others, Servers servers)
      throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      sendOneByOne(scene, 10);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      assertThat(scene.runs().get(0).partitions().get(0).end()).isEqualTo(10);
      sendOneByOne(scene, 5);
      cutOff(scene, from, others);
      scene.toEpochStart();
      if (from > 10) {
        // What is gone was not archived yet, and nothing that is stands at an offset of others.
        assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(others);
        assertArchivedOnce(scene);
        return;
      }
      assertRefused(
          scene,
          "the log of partition 0 was cut off",
          others == 0 ? "at least 11, found " + from : "at offset 10, which is no longer there");
      assertThatThrownBy(() -> scene.archive(Sale.V1).plan(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("the log of partition 0 was cut off");
    }
  }

  /** An archive of which each step is told. */
  private static Archive stepping(Scene scene, Archive.Steps steps) {
    return new Archive(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock(), steps);
  }

  /** What the tasks have read before and after is of two logs: it is not committed. */
  @Test
  void commitsNothingOfALogThatIsCutOffMeanwhile(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      sendOneByOne(scene, 10);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      sendOneByOne(scene, 10);
      scene.toEpochStart();
      Archive cutOff =
          stepping(
              scene,
              reached -> {
                if (reached == Step.READ) {
                  cutOff(scene, 15, 30);
                }
              });
      assertThatThrownBy(() -> cutOff.run(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("the log of partition 0 was cut off, and has other records since")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
      assertThat(scene.runs()).hasSize(1);
      scene.toEpochStart();
      // Of what is archived nothing was cut off: ten, a tick, four that are left, thirty others.
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(34);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void aDryRunWritesNothing(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.sendAll(0, sales(new Random(3), 50, scene.now()), Sale.V1);
      long started = scene.toEpochStart();
      scene.send(0, Sale.random(new Random(4), scene.now()), Sale.V1);
      ArchiveResult plan = scene.archive(Sale.V1).plan(scene.topic());
      assertThat(plan.isEmpty()).isTrue();
      assertThat(plan.holding()).containsExactly(1);
      scene.send(1, Sale.random(new Random(5), scene.now()), Sale.V1);
      plan = scene.archive(Sale.V1).plan(scene.topic());
      assertThat(plan.toEpoch()).isBetween(started, scene.epoch());
      assertThat(plan.read()).isEqualTo(50);
      assertThat(scene.everything()).isEmpty();
      assertThat(scene.delivered()).hasSize(52);
    }
  }

  @Test
  void ticksQuietPartitionsAndPassesOverTicks(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 3)) {
      scene.sendAll(1, sales(new Random(3), 10, scene.now()), Sale.V1);
      long started = scene.toEpochStart();
      ArchiveResult first = scene.archive(Sale.V1).run(scene.topic());
      assertThat(first.events()).isEqualTo(10);
      assertThat(first.toEpoch()).isBetween(started, scene.epoch());
      assertThat(scene.delivered().stream().filter(r -> Tick.isTick(r.headers())).count())
          .isEqualTo(3);
      scene.move(Scene.EPOCH);
      ArchiveResult second = scene.archive(Sale.V1).run(scene.topic());
      assertThat(second.ticks()).isEqualTo(3);
      assertThat(second.events()).isZero();
      assertThat(second.read()).isEqualTo(3);
      assertThat(second.run()).hasValue(2);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void anOpenTransactionHoldsItsEpochsAndLosesNothing(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2);
        KafkaProducer<byte[], byte[]> producer = transactional(scene)) {
      scene.conf().set("lambda.tick.timeout", "500ms");
      Random random = new Random(5);
      scene.send(0, Sale.random(random, scene.now()), Sale.V1);
      scene.send(1, Sale.random(random, scene.now()), Sale.V1);
      scene.toEpochStart();
      long held = scene.epoch();
      producer.beginTransaction();
      producer
          .send(
              new ProducerRecord<>(
                  scene.topic(), 0, null, Sale.random(random, scene.now()).encode(Sale.V1)))
          .get();
      scene.send(0, Sale.random(random, scene.now()), Sale.V1);
      scene.move(Scene.EPOCH);
      ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
      // Sealed are only the epochs before the first event.
      assertThat(result.toEpoch()).isEqualTo(held - 1);
      assertThat(result.events()).isZero();
      assertThat(result.holding()).containsExactly(0);
      producer.commitTransaction();
      result = scene.archive(Sale.V1).run(scene.topic());
      assertThat(result.toEpoch()).isEqualTo(held + 1);
      assertThat(result.events()).isEqualTo(4);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void takesTheNewestEpochThatIsSealedEverywhere(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2);
        KafkaProducer<byte[], byte[]> producer = transactional(scene)) {
      scene.conf().set("lambda.tick.timeout", "500ms");
      Random random = new Random(5);
      for (int i = 0; i < 3; i++) {
        scene.send(0, Sale.random(random, scene.now()), Sale.V1);
        scene.toEpochStart();
      }
      long sealed = scene.epoch() - 1;
      producer.beginTransaction();
      producer
          .send(
              new ProducerRecord<>(
                  scene.topic(), 0, null, Sale.random(random, scene.now()).encode(Sale.V1)))
          .get();
      scene.move(Scene.EPOCH.multipliedBy(3));
      // Partition 0 has no visible record past its third epoch.
      ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
      assertThat(result.toEpoch()).isEqualTo(sealed);
      assertThat(result.holding()).containsExactly(0);
      assertThat(result.events()).isEqualTo(2);
      producer.abortTransaction();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(1);
      assertArchivedOnce(scene);
    }
  }

  /** Archives up to the epoch of the skew ago: one that is over by then, on a busy machine. */
  private static ArchiveResult archiveByClock(Scene scene, Duration skew) throws Exception {
    long earliest = scene.now();
    ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
    long latest = scene.now();
    assertThat(result.toEpoch()).isBetween(epochBefore(earliest, skew), epochBefore(latest, skew));
    return result;
  }

  private static long epochBefore(long time, Duration skew) {
    return (time - skew.toMillis()) / Scene.EPOCH.toMillis();
  }

  @Test
  void withoutTicksTheClockClosesQuietPartitions(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.conf().set("lambda.tick", "false");
      scene.conf().set("lambda.clock-skew", "5s");
      scene.sendAll(0, sales(new Random(6), 10, scene.now()), Sale.V1);
      long started = scene.toEpochStart();
      // The clock may be off by as much as the skew: the epoch of the events is not over yet.
      ArchiveResult early = archiveByClock(scene, Duration.ofSeconds(5));
      assertThat(early.events()).isEqualTo(early.toEpoch() < started ? 0 : 10);
      scene.move(Duration.ofSeconds(6));
      ArchiveResult result = archiveByClock(scene, Duration.ofSeconds(5));
      assertThat(result.byClock()).containsExactlyInAnyOrder(0, 1);
      assertThat(result.events()).isEqualTo(10 - early.events());
      assertThat(scene.delivered()).hasSize(10);
      scene.sendAll(1, sales(new Random(7), 5, scene.now()), Sale.V1);
      scene.toEpochStart();
      scene.move(Duration.ofSeconds(6));
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(5);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void withoutTicksAnOpenTransactionHolds(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1);
        KafkaProducer<byte[], byte[]> producer = transactional(scene)) {
      scene.conf().set("lambda.tick", "false");
      scene.conf().set("lambda.clock-skew", "1s");
      producer.beginTransaction();
      producer
          .send(
              new ProducerRecord<>(
                  scene.topic(), 0, null, Sale.random(new Random(1), scene.now()).encode(Sale.V1)))
          .get();
      scene.toEpochStart();
      scene.move(Duration.ofSeconds(2));
      assertThat(scene.archive(Sale.V1).run(scene.topic()).isEmpty()).isTrue();
      producer.commitTransaction();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(1);
    }
  }

  @Test
  void setsAsideWhatIsNoEvent(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.conf().set("lambda.dead-letters.max-share", "0.5");
      Random random = new Random(8);
      byte[] good = Sale.random(random, scene.now()).encode(Sale.V1);
      byte[] cut = Arrays.copyOf(good, good.length - 3);
      byte[] unknown = good.clone();
      unknown[4] ^= 1;
      Map<Long, byte[]> bad = new TreeMap<>();
      Map<Long, String> why = new HashMap<>();
      List<Map.Entry<String, byte[]>> kinds = new ArrayList<>();
      kinds.add(Map.entry("CORRUPT", cut));
      kinds.add(Map.entry("UNKNOWN_SCHEMA", unknown));
      kinds.add(Map.entry("NOT_SINGLE_OBJECT", new byte[] {1, 2, 3}));
      kinds.add(
          Map.entry(
              "EVENT_TIME_AHEAD",
              Sale.random(random, scene.now() + Duration.ofDays(2).toMillis()).encode(Sale.V1)));
      kinds.add(
          Map.entry(
              "EVENT_TIME_TOO_EARLY",
              Sale.random(random, Instant.parse("1989-12-31T23:59:59Z").toEpochMilli())
                  .encode(Sale.V1)));
      for (Map.Entry<String, byte[]> kind : kinds) {
        scene.send(0, Sale.random(random, scene.now()), Sale.V1);
        long offset = scene.sendRaw(0, kind.getValue()).offset();
        bad.put(offset, kind.getValue());
        why.put(offset, kind.getKey());
      }
      scene.send(0, Sale.random(random, scene.now()), Sale.V1);
      long tombstone = scene.sendRaw(0, null).offset();
      why.put(tombstone, "NULL_VALUE");
      scene.toEpochStart();
      ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
      assertThat(result.deadLetters()).isEqualTo(6);
      assertThat(result.events()).isEqualTo(6);
      List<Record> rows = scene.deadLetterRows();
      assertThat(rows).hasSize(6);
      for (Record row : rows) {
        long offset = (Long) row.getField("offset");
        assertThat(row.getField("reason")).isEqualTo(why.get(offset));
        assertThat(row.getField("value"))
            .isEqualTo(offset == tombstone ? null : ByteBuffer.wrap(bad.get(offset)));
        assertThat(row.getField("key"))
            .isEqualTo(ByteBuffer.wrap("key".getBytes(StandardCharsets.UTF_8)));
        assertThat(row.getField("detail").toString()).isNotEmpty();
      }
      assertThat(archived(scene)).hasSize(6);
    }
  }

  @Test
  void failsWhenTooMuchIsNoEvent(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.conf().set("lambda.dead-letters.max-share", "0.4");
      scene.sendAll(0, sales(new Random(9), 100, scene.now()), Sale.V1);
      for (int i = 0; i <= Totals.ALWAYS_ACCEPTED; i++) {
        scene.sendRaw(0, new byte[] {9});
      }
      scene.toEpochStart();
      assertThatThrownBy(() -> scene.archive(Sale.V1).run(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("101 of 201 records are no events {NOT_SINGLE_OBJECT=101}")
          .hasMessageContaining("lambda.dead-letters.max-share=0.4");
      assertThat(scene.everything()).isEmpty();
    }
  }

  @Test
  void keepsTheBytesOfOtherWriters(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      Random random = new Random(10);
      Sale older = Sale.random(random, scene.now());
      Sale same = Sale.random(random, scene.now());
      scene.send(0, older, Sale.V1);
      scene.send(0, same, Sale.V2);
      scene.toEpochStart();
      scene.archive(Sale.V2).run(scene.topic());
      List<Record> rows =
          scene.rows().stream()
              .sorted(Comparator.comparing(r -> (Long) r.getField(EventColumns.OFFSET)))
              .toList();
      assertThat(rows.get(0).getField("note")).isEqualTo(Sale.DEFAULT_NOTE);
      assertThat(rows.get(0).getField("tip")).isEqualTo(older.tip());
      assertThat(rows.get(0).getField(EventColumns.RAW))
          .isEqualTo(ByteBuffer.wrap(older.encode(Sale.V1)));
      assertThat(rows.get(1).getField("note")).isEqualTo(same.note());
      assertThat(rows.get(1).getField(EventColumns.RAW)).isNull();
      assertThat(rows.get(0).getField(EventColumns.WRITER_SCHEMA))
          .isEqualTo(SchemaNormalization.parsingFingerprint64(Sale.V1));
    }
  }

  @Test
  void busyDatesGetFilesAndTheRestShareOne(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.conf().set("lambda.archive.open-dates", "2");
      Random random = new Random(11);
      long day = Duration.ofDays(1).toMillis();
      long noon = Instant.parse("2020-03-01T12:00:00Z").toEpochMilli();
      List<Sale> sales = new ArrayList<>();
      for (int d = 0; d < 5; d++) {
        sales.addAll(sales(random, d == 1 || d == 3 ? 30 : 3, noon - d * day));
      }
      Collections.shuffle(sales, random);
      scene.sendAll(0, sales, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      List<LiveFile> files = scene.contents().files();
      assertThat(files).hasSize(3);
      assertThat(files.stream().flatMap(f -> f.date().stream()).toList())
          .containsExactlyInAnyOrder(LocalDate.parse("2020-02-29"), LocalDate.parse("2020-02-27"));
      for (LiveFile file : files) {
        List<Record> rows = scene.read(file);
        Set<LocalDate> dates = new HashSet<>();
        rows.forEach(r -> dates.add(((OffsetDateTime) r.getField("event_time")).toLocalDate()));
        if (file.date().isPresent()) {
          assertThat(dates).containsExactly(file.date().get());
          assertThat(rows).hasSize(30);
        } else {
          assertThat(dates).hasSize(3);
          assertThat(rows).hasSize(9);
        }
      }
      assertArchivedOnce(scene);
    }
  }

  @Test
  void nothingChangesWhenTheBrokerGoesAwayMeanwhile(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.conf().set("lambda.kafka.timeout", "3s");
      scene.sendAll(0, sales(new Random(16), 40, scene.now()), Sale.V1);
      scene.toEpochStart();
      Archive cutOff =
          stepping(
              scene,
              reached -> {
                if (reached == Step.PLANNED) {
                  servers.kafka().stop();
                }
              });
      assertThatThrownBy(() -> cutOff.run(scene.topic()))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("Cannot reach Kafka at");
      assertThat(scene.everything()).isEmpty();
      servers.kafka().start();
      scene.conf().set("lambda.kafka.timeout", "20s");
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(40);
      assertArchivedOnce(scene);
    }
  }

  /**
   * Where nobody says whether it committed, a run keeps its files: the next one goes on from it.
   */
  @Test
  void aRunThatIsNotToldWhetherItCommittedKeepsItsFiles(Servers servers) throws Exception {
    Random random = new Random(61);
    try (Scene scene = Scene.open(servers, 1)) {
      LostAnswers.in(scene.conf());
      // The first run makes the table.
      for (int round = 1; round <= 3; round++) {
        scene.sendAll(0, sales(random, 40, scene.now()), Sale.V1);
        scene.toEpochStart();
        Archive unanswered =
            stepping(
                scene,
                reached -> {
                  if (reached == Step.READ) {
                    LostAnswers.next(1, Integer.MAX_VALUE);
                  }
                });
        assertThatThrownBy(() -> unanswered.run(scene.topic()))
            .isInstanceOfAny(UnavailableException.class, IOException.class);
        LostAnswers.next(0, 0);
        assertThat(scene.runs()).hasSize(round);
        assertArchivedOnce(scene);
      }
      scene.sendAll(0, sales(random, 20, scene.now()), Sale.V1);
      scene.toEpochStart();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(20);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void ofTwoRunsAtOnceOneCommits(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      Random random = new Random(13);
      scene.sendAll(0, sales(random, 40, scene.now()), Sale.V1);
      scene.toEpochStart();
      Archive slow =
          stepping(
              scene,
              reached -> {
                if (reached == Step.READ) {
                  runOther(scene);
                }
              });
      assertThatThrownBy(() -> slow.run(scene.topic()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("run 1 is taken");
      assertThat(scene.runs()).hasSize(1);
      assertArchivedOnce(scene);
      Set<String> listed =
          scene.contents().files().stream()
              .map(f -> new Path(f.path()).toUri().getPath())
              .collect(Collectors.toSet());
      assertThat(scene.everything().keySet())
          .filteredOn(f -> f.endsWith(".parquet"))
          .containsExactlyInAnyOrderElementsOf(listed);
    }
  }

  /** What it has read is not in vain: a compaction does not touch where it goes on. */
  @Test
  void anArchiveGoesOnBehindACompactionThatWasFirst(Servers servers) throws Exception {
    Random random = new Random(16);
    try (Scene scene = Scene.open(servers, 2)) {
      for (int run = 0; run < 2; run++) {
        scene.sendAll(0, sales(random, 40, scene.now()), Sale.V1);
        scene.toEpochStart();
        scene.archive(Sale.V1).run(scene.topic());
      }
      scene.sendAll(1, sales(random, 40, scene.now()), Sale.V1);
      scene.toEpochStart();
      Archive slow =
          stepping(
              scene,
              reached -> {
                if (reached == Step.READ) {
                  compact(scene);
                }
              });
      assertThat(slow.run(scene.topic()).run()).hasValue(3);
      assertThat(scene.contents().files()).hasSizeLessThan(4);
      assertThat(archived(scene)).hasSize(120);
      assertArchivedOnce(scene);
    }
  }

  private static void compact(Scene scene) throws IOException {
    try {
      assertThat(
              new Compaction(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
                  .run(scene.topic())
                  .commits())
          .isEqualTo(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void runOther(Scene scene) throws IOException {
    try {
      assertThat(scene.archive(Sale.V1).run(scene.topic()).run()).hasValue(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- what is refused

  private static void assertRefused(Scene scene, String... parts) throws Exception {
    Map<String, Long> before = scene.everything();
    var thrown =
        assertThatThrownBy(() -> scene.archive(Sale.V1).run(scene.topic()))
            .isInstanceOf(InvalidInputException.class);
    for (String part : parts) {
      thrown.hasMessageContaining(part);
    }
    thrown.satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThat(scene.everything()).isEqualTo(before);
  }

  private static void archiveSome(Scene scene) throws Exception {
    scene.sendAll(0, sales(new Random(14), 10, scene.now()), Sale.V1);
    scene.toEpochStart();
    scene.archive(Sale.V1).run(scene.topic());
    scene.sendAll(0, sales(new Random(15), 10, scene.now()), Sale.V1);
    scene.toEpochStart();
  }

  /** The bytes that are there would mean other amounts, and the fingerprint does not tell. */
  @Test
  void aSchemaThatWasEditedInPlaceIsRefusedByEveryStepOfTheBatchLayer(Servers servers)
      throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      Map<String, Long> before = scene.everything();
      Schema edited =
          SchemaParser.parseSingle(
              Sale.V1
                  .toString()
                  .replaceFirst("\"precision\":12,\"scale\":2", "\"precision\":12,\"scale\":3"));
      assertThat(edited).isNotEqualTo(Sale.V1);
      SchemaStore store = SchemaStore.of(List.of(new SchemaVersion(edited, 1, "sale.v1.avsc")));
      Views views =
          Views.of(
              List.of(
                  View.named(scene.viewName())
                      .over(scene.type(edited))
                      .keyedBy("kind")
                      .window(Duration.ofHours(1))
                      .metric("amount", Metric.sum("amount"))
                      .build()));
      Archive archive = new Archive(scene.config(), views, store, scene.clock());
      List<ThrowingCallable> steps =
          List.of(
              () -> archive.plan(scene.topic()),
              () -> archive.run(scene.topic()),
              () ->
                  new Compaction(scene.config(), views, Sale.SCHEMAS, scene.clock())
                      .run(scene.topic()),
              () ->
                  new Recompute(scene.config(), views, store, scene.clock()).run(scene.viewName()));
      for (ThrowingCallable step : steps) {
        assertThatThrownBy(step)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("it was edited since events of topic " + scene.topic())
            .hasMessageContaining(
                "field 'amount' (expected bytes decimal(12,2), found bytes decimal(12,3))");
      }
      assertThat(scene.everything()).isEqualTo(before);
    }
  }

  @Test
  void refusesAnotherEpochLength(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      scene.conf().set("lambda.epoch", "20s");
      assertRefused(scene, "lambda.epoch=20000ms", "epochs of 10000ms");
    }
  }

  @Test
  void whatRetentionHasTakenIsRefusedUnlessItIsGivenUp(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      try (var admin = servers.kafka().admin()) {
        admin
            .deleteRecords(
                Map.of(new TopicPartition(scene.topic(), 0), RecordsToDelete.beforeOffset(15)))
            .all()
            .get();
      }
      assertRefused(
          scene,
          "retention has removed records of partition 0",
          "5 offsets are lost",
          "--accept-gap");
      Map<String, Long> before = scene.everything();
      scene.send(0, Sale.random(new Random(17), scene.now()), Sale.V1);
      ArchiveResult plan = scene.archive(Sale.V1).planAcceptingGaps(scene.topic());
      assertThat(plan.read()).isEqualTo(6);
      assertThat(plan.lost()).isEqualTo(Map.of(0, new OffsetSpan(10, 15)));
      assertThat(scene.everything()).isEqualTo(before);
      scene.conf().set("lambda.archive.split-records", "2");
      ArchiveResult result = scene.archive(Sale.V1).runAcceptingGaps(scene.topic());
      assertThat(result.lost()).isEqualTo(Map.of(0, new OffsetSpan(10, 15)));
      assertThat(result.events()).isEqualTo(6);
      ArchiveRun gap = scene.runs().get(1);
      assertThat(gap.partitions().get(0).start()).isEqualTo(10);
      assertThat(gap.partitions().get(0).lost()).isEqualTo(5);
      assertThat(gap.counts().read()).isEqualTo(gap.partitions().get(0).end() - 15);
      assertThat(scene.contents().lost().count()).isEqualTo(5);
      // Nothing is lost from there on, and there is nothing to accept.
      scene.sendAll(0, sales(new Random(16), 10, scene.now()), Sale.V1);
      scene.toEpochStart();
      assertThat(scene.archive(Sale.V1).runAcceptingGaps(scene.topic()).lost()).isEmpty();
      Set<String> expected = eventsBefore(scene, scene.runs().get(2).partitions());
      IntStream.range(0, 10).forEach(offset -> expected.add("0@" + offset));
      assertThat(archived(scene)).containsExactlyElementsOf(expected);
    }
  }

  /** Whoever adopts a topic that is older than its retention takes what is there, and is told. */
  @Test
  void whatRetentionHadTakenBeforeTheFirstRunIsNotedAsLost(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 3)) {
      scene.sendAll(0, sales(new Random(21), 10, scene.now()), Sale.V1);
      scene.sendAll(1, sales(new Random(22), 10, scene.now()), Sale.V1);
      try (var admin = servers.kafka().admin()) {
        admin
            .deleteRecords(
                Map.of(
                    new TopicPartition(scene.topic(), 0),
                    RecordsToDelete.beforeOffset(4),
                    new TopicPartition(scene.topic(), 1),
                    RecordsToDelete.beforeOffset(10)))
            .all()
            .get();
      }
      scene.toEpochStart();

      Map<Integer, OffsetSpan> lost = Map.of(0, new OffsetSpan(0, 4), 1, new OffsetSpan(0, 10));
      ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
      assertThat(result.lost()).isEqualTo(lost);
      assertThat(result.events()).isEqualTo(6);
      assertThat(scene.contents().lost()).isEqualTo(LostOffsets.NONE.with(0, 0, 4).with(1, 0, 10));

      // What retention takes from there on is refused as ever.
      assertThat(scene.archive(Sale.V1).run(scene.topic()).lost()).isEmpty();
    }
  }

  private static void grow(Scene scene, int count) throws Exception {
    try (var admin = scene.servers().kafka().admin()) {
      admin.createPartitions(Map.of(scene.topic(), NewPartitions.increaseTo(count))).all().get();
    }
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scene.servers().kafka().bootstrapServers(), Scene.TIMEOUT),
            scene.topic())) {
      long deadline = System.nanoTime() + Scene.TIMEOUT.toNanos();
      while (log.currentPartitions().size() < count) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  private static Adoptions adoptions(Scene scene) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scene.servers().kafka().bootstrapServers(), Scene.TIMEOUT),
            scene.topic())) {
      return TopicAgreement.of(scene.config(), scene.topic(), log.topicId()).read().orElseThrow();
    }
  }

  /**
   * Its records from before the adoption count as of then, over epochs that are taken one by one,
   * and a second partition that comes later.
   */
  @Test
  void addedPartitionsCountFromTheirAdoptionOn(Servers servers) throws Exception {
    Random random = new Random(21);
    try (Scene scene = Scene.open(servers, 2)) {
      scene.conf().set("lambda.clock-skew", "1s");
      archiveSome(scene);
      for (int count = 3; count <= 4; count++) {
        grow(scene, count);
        scene.sendAll(count - 1, sales(random, 15, scene.now()), Sale.V1);
        // Whoever comes first adopts it; a dry run does not.
        scene.archive(Sale.V1).plan(scene.topic());
        assertThat(adoptions(scene).partitions()).hasSize(count - 1);
        for (int round = 0; round < 4; round++) {
          scene.sendAll(count - 1, sales(random, 3, scene.now()), Sale.V1);
          scene.sendAll(round % count, sales(random, 2, scene.now()), Sale.V1);
          ArchiveResult result = scene.archive(Sale.V1).run(scene.topic());
          assertThat(result.added()).isEqualTo(round == 0 ? Set.of(count - 1) : Set.of());
          scene.toEpochStart();
        }
      }
      Adoptions adoptions = adoptions(scene);
      List<ArchiveRun> runs = scene.runs();
      assertThat(runs).hasSizeGreaterThan(7);
      List<ConsumerRecord<byte[], byte[]>> delivered = scene.delivered();
      int early = 0;
      for (ConsumerRecord<byte[], byte[]> record : delivered) {
        early += record.timestamp() < adoptions.floorMillis(record.partition()) ? 1 : 0;
      }
      assertThat(early).isGreaterThan(20);
      int checked = 0;
      for (ArchiveRun run : runs) {
        checked += assertBoundaries(delivered, adoptions, run, 21);
      }
      assertThat(checked).isGreaterThan(20);
      assertThat(runs.get(runs.size() - 1).partitions().get(3).end()).isPositive();
      assertArchivedOnce(scene);
    }
  }

  @Test
  void refusesAnAddedPartitionThatTheSpeedJobKnewTooEarly(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      grow(scene, 2);
      try (TopicLog log =
          TopicLog.open(
              new KafkaSettings(servers.kafka().bootstrapServers(), Scene.TIMEOUT),
              scene.topic())) {
        TopicAgreement.of(scene.config(), scene.topic(), log.topicId())
            .adopt(Set.of(0), Set.of(0, 1), scene.clock().instant().minusSeconds(60));
      }
      assertRefused(scene, "partition 1 was added and counts from epoch", "clock-skew");
    }
  }

  @Test
  void refusesATopicThatWasMadeAgain(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      try (var admin = servers.kafka().admin()) {
        admin.deleteTopics(List.of(scene.topic())).all().get();
      }
      long deadline = System.nanoTime() + Scene.TIMEOUT.toNanos();
      while (true) {
        try {
          servers.kafka().createTopic(scene.topic(), 1);
          break;
        } catch (IOException stillThere) {
          assertThat(System.nanoTime()).isLessThan(deadline);
        }
      }
      assertRefused(scene, "deleted and made again since archive run 1");
    }
  }

  @Test
  void refusesATopicOfAnotherKind(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1);
        var admin = servers.kafka().admin()) {
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      scene.toEpochStart();
      var topic = new ConfigResource(ConfigResource.Type.TOPIC, scene.topic());
      configure(admin, topic, "message.timestamp.type", "CreateTime");
      assertRefused(scene, "expected message.timestamp.type=LogAppendTime, found CreateTime");
      configure(admin, topic, "message.timestamp.type", "LogAppendTime");
      configure(admin, topic, "cleanup.policy", "compact");
      assertRefused(scene, "it is compacted");
    }
  }

  /** It was changed to and fro: the settings are right, the records are not. */
  @Test
  void refusesARecordThatItsProducerStamped(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1);
        var admin = servers.kafka().admin()) {
      var topic = new ConfigResource(ConfigResource.Type.TOPIC, scene.topic());
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      configure(admin, topic, "message.timestamp.type", "CreateTime");
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      configure(admin, topic, "message.timestamp.type", "LogAppendTime");
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      scene.toEpochStart();
      assertRefused(scene, "partition 0 offset 1 was stamped by its producer");
    }
  }

  private static void configure(Admin admin, ConfigResource topic, String key, String value)
      throws Exception {
    var op = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(topic, List.of(op))).all().get();
    long deadline = System.nanoTime() + Scene.TIMEOUT.toNanos();
    while (!admin
        .describeConfigs(List.of(topic))
        .all()
        .get()
        .get(topic)
        .get(key)
        .value()
        .equals(value)) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void refusesATopicThatNoViewReads(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      assertThatThrownBy(() -> scene.archive(Sale.V1).run("other"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("No view reads topic 'other'");
    }
  }

  @Test
  void refusesFieldsThatTheArchiveHasItself(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      var clash =
          SchemaBuilder.record("Clash")
              .fields()
              .requiredLong(EventColumns.OFFSET)
              .name("event_time")
              .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
              .noDefault()
              .endRecord();
      var type = EventType.of(scene.topic(), clash, "event_time", EventColumns.OFFSET);
      var view =
          View.named(scene.viewName())
              .over(type)
              .window(Duration.ofHours(1))
              .metric("events", Metric.count())
              .build();
      Archive archive =
          new Archive(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock());
      assertThatThrownBy(() -> archive.run(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              "field 'lambda_offset' has a name or an alias that begins with lambda_");
    }
  }

  /** Full is where not even a block fits: in the folder of work in progress, or of the dataset. */
  @ParameterizedTest
  @ValueSource(strings = {"staging", "master"})
  void saysThatHdfsIsFullAndHealsWhenItIsNot(String full, Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      Path folder = new Path("/scene/" + scene.topic() + "/" + full);
      try (var hdfs = (DistributedFileSystem) servers.hdfs().fileSystem()) {
        hdfs.mkdirs(folder);
        hdfs.setQuota(folder, HdfsConstants.QUOTA_DONT_SET, 64 << 10);
        List<ArchiveRun> before = scene.runs();
        assertThatThrownBy(() -> scene.archive(Sale.V1).run(scene.topic()))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("Cannot write to")
            .hasMessageContaining("quota")
            .hasMessageContaining("nothing was committed")
            .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
        assertThat(scene.runs()).isEqualTo(before);
        hdfs.setQuota(folder, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
      }
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(10);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void saysThatWhatIsKnownOfARunIsMissing(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSome(scene);
      scene.archive(Sale.V1).run(scene.topic());
      scene.toEpochStart();
      String first = scene.iceberg().properties().get("lambda.run.1");
      scene.iceberg().updateProperties().remove("lambda.run.1").commit();
      assertRefused(scene, "What topic", "has archived is broken at run 1");
      scene.iceberg().updateProperties().set("lambda.run.1", first).commit();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).isEmpty()).isFalse();
      assertArchivedOnce(scene);
    }
  }

  /** One partition has nearly everything, and is cut into as many tasks as its records need. */
  @Test
  void aHugePartitionIsReadByManyTasks(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 3)) {
      scene.conf().set("lambda.archive.split-records", "100");
      Random random = new Random(22);
      scene.sendAll(1, sales(random, 1_000, scene.now()), Sale.V1);
      scene.sendAll(2, sales(random, 30, scene.now()), Sale.V1);
      scene.toEpochStart();
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(1_030);
      Map<String, Long> rowsOfTasks = new TreeMap<>();
      for (LiveFile file : scene.contents().files()) {
        String task =
            new Path(file.path()).getName().replaceFirst("^[0-9]{4}-[0-9]{2}-[0-9]{2}-", "");
        rowsOfTasks.merge(task, file.rows(), Long::sum);
      }
      assertThat(rowsOfTasks).hasSize(11);
      assertThat(rowsOfTasks.values()).allMatch(rows -> rows <= 100);
      assertArchivedOnce(scene);
    }
  }

  @Test
  void saysThatHdfsIsAway(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.conf().set("lambda.master", "hdfs://localhost:1/master");
      scene.conf().setInt("ipc.client.connect.max.retries", 0);
      scene.conf().setInt("ipc.client.connect.max.retries.on.timeouts", 0);
      assertThatThrownBy(() -> scene.archive(Sale.V1).run(scene.topic()))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("Cannot reach the file system of lambda.master=hdfs://localhost:1");
    }
  }
}
