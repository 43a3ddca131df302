package dev.lambdastack.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TopicLogIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int PARTITIONS = 3;

  private static EmbeddedKafka kafka;

  @BeforeAll
  static void startKafka() throws Exception {
    // Access rules that let everybody in where a topic has none.
    kafka =
        EmbeddedKafka.builder()
            .property(
                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
            .property("allow.everyone.if.no.acl.found", "true")
            .start();
  }

  @AfterAll
  static void stopKafka() throws Exception {
    kafka.close();
  }

  @AfterEach
  void resetClock() {
    kafka.shiftClock(Duration.ZERO);
  }

  private static TopicLog open(String topic) {
    return TopicLog.open(new KafkaSettings(kafka.bootstrapServers(), TIMEOUT), topic);
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config =
        LogClients.producer(new KafkaSettings(kafka.bootstrapServers(), TIMEOUT));
    config.putAll(more);
    return new KafkaProducer<>(config);
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition)
      throws Exception {
    producer.send(new ProducerRecord<>(topic, partition, null, new byte[] {1})).get();
  }

  /** What a plain committed reader is given, up to these offsets. */
  private static List<ConsumerRecord<byte[], byte[]>> readAll(
      String topic, Map<Integer, Long> ends) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<byte[], byte[]>(
            LogClients.consumer(new KafkaSettings(kafka.bootstrapServers(), TIMEOUT)))) {
      ends.forEach(
          (partition, end) -> {
            TopicPartition p = new TopicPartition(topic, partition);
            consumer.assign(List.of(p));
            consumer.seek(p, 0);
            while (consumer.position(p) < end) {
              consumer.poll(Duration.ofMillis(50)).forEach(all::add);
            }
          });
    }
    return all;
  }

  /** The same rule in other words: the first record at which the running maximum reaches it. */
  private static Map<Integer, Long> byRunningMaximum(
      List<ConsumerRecord<byte[], byte[]>> records, long time) {
    Map<Integer, Long> maximum = new TreeMap<>();
    Map<Integer, Long> boundaries = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      long logTime = maximum.merge(record.partition(), record.timestamp(), Math::max);
      if (logTime >= time) {
        boundaries.putIfAbsent(record.partition(), record.offset());
      }
    }
    return boundaries;
  }

  @Test
  void boundariesAreWhereTheRunningMaximumOfDeliveredRecordsReachesThem() throws Exception {
    long seed = 20260131L;
    Random random = new Random(seed);
    String topic = "stepping-back";
    kafka.createTopic(topic, PARTITIONS, Map.of("index.interval.bytes", "64"));
    long start = System.currentTimeMillis();
    long shift = 0;
    int aborted = 0;
    try (var plain = producer(Map.of());
        var transactional =
            producer(
                Map.of(
                    ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                    "stepping-back",
                    ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                    800_000))) {
      transactional.initTransactions();
      for (int i = 0; i < 250; i++) {
        shift += random.nextInt(700);
        if (random.nextInt(10) == 0) {
          shift -= random.nextInt(4_000);
        }
        kafka.shiftClock(Duration.ofMillis(shift));
        if (random.nextInt(4) != 0) {
          send(plain, topic, random.nextInt(PARTITIONS));
          continue;
        }
        transactional.beginTransaction();
        for (int j = random.nextInt(3); j >= 0; j--) {
          send(transactional, topic, random.nextInt(PARTITIONS));
        }
        if (random.nextBoolean()) {
          transactional.commitTransaction();
        } else {
          transactional.abortTransaction();
          aborted++;
        }
      }
    }
    assertThat(aborted).isGreaterThan(10);
    try (TopicLog log = open(topic)) {
      List<ConsumerRecord<byte[], byte[]>> records = readAll(topic, log.endOffsets());
      assertThat(stepsBack(records)).isGreaterThan(10);
      long last = records.stream().mapToLong(ConsumerRecord::timestamp).max().orElseThrow();
      assertThat(log.oldestAppendTime())
          .hasValue(
              records.stream()
                  .filter(r -> firstOfItsPartition(records, r))
                  .mapToLong(ConsumerRecord::timestamp)
                  .min()
                  .orElseThrow());
      int checked = 0;
      for (long time = start - 1_000; time <= last + 1_000; time += 97) {
        assertThat(log.boundaries(time))
            .as("seed %d, %d ms after the start", seed, time - start)
            .isEqualTo(byRunningMaximum(records, time));
        checked++;
      }
      assertThat(checked).isGreaterThan(200);
      assertThat(log.boundaries(last + 1)).isEmpty();
    }
  }

  private static boolean firstOfItsPartition(
      List<ConsumerRecord<byte[], byte[]>> records, ConsumerRecord<byte[], byte[]> record) {
    return records.stream()
            .filter(r -> r.partition() == record.partition())
            .findFirst()
            .orElseThrow()
        == record;
  }

  private static long stepsBack(List<ConsumerRecord<byte[], byte[]>> records) {
    long steps = 0;
    for (int i = 1; i < records.size(); i++) {
      if (records.get(i).partition() == records.get(i - 1).partition()
          && records.get(i).timestamp() < records.get(i - 1).timestamp()) {
        steps++;
      }
    }
    return steps;
  }

  @Test
  void anOpenTransactionHidesTheBoundaryUntilItEnds() throws Exception {
    kafka.createTopic("open-transaction", 1);
    try (var transactional =
            producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "open-transaction"));
        var plain = producer(Map.of());
        TopicLog log = open("open-transaction")) {
      transactional.initTransactions();
      long before = System.currentTimeMillis();
      transactional.beginTransaction();
      send(transactional, "open-transaction", 0);
      send(plain, "open-transaction", 0);
      assertThat(log.boundaries(before)).isEmpty();
      assertThat(log.endOffsets()).containsExactly(Map.entry(0, 0L));
      assertThat(log.oldestAppendTime()).isEmpty();
      transactional.abortTransaction();
      long deadline = System.nanoTime() + TIMEOUT.toNanos();
      Map<Integer, Long> found = Map.of();
      while (found.isEmpty() && System.nanoTime() < deadline) {
        found = log.boundaries(before);
      }
      // The aborted record stands at 0, and is not there.
      assertThat(found).containsExactly(Map.entry(0, 1L));
    }
  }

  @Test
  void ticksMakeABoundaryInQuietPartitions() throws Exception {
    kafka.createTopic("quiet", PARTITIONS);
    try (TopicLog log = open("quiet")) {
      assertThat(log.beginOffsets()).isEqualTo(Map.of(0, 0L, 1, 0L, 2, 0L));
      assertThat(log.boundaries(1)).isEmpty();
      log.tick(List.of(0, 2));
      assertThat(log.boundaries(1)).isEqualTo(Map.of(0, 0L, 2, 0L));
      List<ConsumerRecord<byte[], byte[]>> records = readAll("quiet", log.endOffsets());
      assertThat(records).hasSize(2).allMatch(r -> Tick.isTick(r.headers()));
      assertThat(records).allMatch(r -> r.key() == null && r.value().length == 0);
    }
  }

  @Test
  void refusesATopicThatProducersStamp() throws Exception {
    kafka.createTopic("create-time", 1, Map.of("message.timestamp.type", "CreateTime"));
    try (var plain = producer(Map.of());
        TopicLog log = open("create-time")) {
      send(plain, "create-time", 0);
      assertThatThrownBy(log::checkSettings)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected message.timestamp.type=LogAppendTime, found CreateTime")
          .hasMessageContaining("kafka-configs.sh");
      assertThatThrownBy(() -> log.boundaries(1))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("partition 0 offset 0 was stamped by its producer");
    }
  }

  @Test
  void refusesACompactedTopic() throws Exception {
    kafka.createTopic("compacted", 1, Map.of("cleanup.policy", "compact,delete"));
    try (TopicLog log = open("compacted")) {
      assertThatThrownBy(log::checkSettings)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("it is compacted")
          .hasMessageContaining("found compact,delete");
    }
  }

  @Test
  void acceptsATopicStampedByTheBroker() throws Exception {
    kafka.createTopic("good", 2);
    try (TopicLog log = open("good")) {
      log.checkSettings();
      log.checkUnchanged();
      assertThat(log.partitions()).containsExactly(0, 1);
      assertThat(log.partitionsOutOfSync()).isEmpty();
    }
  }

  @Test
  void refusesToGoOnWhenThePartitionsChange() throws Exception {
    kafka.createTopic("growing", 1);
    try (TopicLog log = open("growing");
        var admin = kafka.admin()) {
      admin.createPartitions(Map.of("growing", NewPartitions.increaseTo(2))).all().get();
      long deadline = System.nanoTime() + TIMEOUT.toNanos();
      while (!log.currentPartitions().equals(Set.of(0, 1)) && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThatThrownBy(log::checkUnchanged)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected [0], found [0, 1]");
    }
  }

  @Test
  void refusesToGoOnWithATopicThatWasMadeAgain() throws Exception {
    kafka.createTopic("again", 1);
    try (TopicLog log = open("again");
        var admin = kafka.admin()) {
      admin.deleteTopics(List.of("again")).all().get();
      long deadline = System.nanoTime() + TIMEOUT.toNanos();
      while (true) {
        try {
          kafka.createTopic("again", 1);
          break;
        } catch (IOException stillThere) {
          assertThat(System.nanoTime()).isLessThan(deadline);
        }
      }
      assertThatThrownBy(log::checkUnchanged)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("deleted and made again");
    }
  }

  @Test
  void refusesToGoOnWithATopicThatWasDeleted() throws Exception {
    kafka.createTopic("deleted", 1);
    try (TopicLog log = open("deleted");
        Admin admin = kafka.admin()) {
      admin.deleteTopics(List.of("deleted")).all().get();
      Await.until(
          "the topic is gone",
          TIMEOUT,
          () -> !admin.listTopics().names().get().contains("deleted"));

      assertThatThrownBy(log::checkUnchanged)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("No topic 'deleted'");
    }
  }

  @Test
  void refusesATopicThatMayNotBeRead() throws Exception {
    kafka.createTopic("secret", 1);
    try (TopicLog log = open("secret");
        Admin admin = kafka.admin()) {
      log.checkReadable();

      admin.createAcls(List.of(denied("secret", AclOperation.READ))).all().get();
      assertThatThrownBy(log::checkReadable)
          .isInstanceOf(InvalidInputException.class)
          .hasCauseInstanceOf(TopicAuthorizationException.class)
          .hasMessageStartingWith("Not allowed on topic secret of Kafka at ");

      admin.createAcls(List.of(denied("secret", AclOperation.WRITE))).all().get();
      assertThatThrownBy(() -> log.tick(Set.of(0)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("set lambda.tick=false");

      admin.createAcls(List.of(denied("secret", AclOperation.DESCRIBE))).all().get();
      assertThatThrownBy(log::checkUnchanged)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Not allowed on topic secret");
    }
  }

  private static AclBinding denied(String topic, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
        new AccessControlEntry("User:ANONYMOUS", "*", operation, AclPermissionType.DENY));
  }

  @Test
  void saysWhichTopicIsMissing() {
    assertThatThrownBy(() -> open("missing"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("No topic 'missing' on Kafka at " + kafka.bootstrapServers())
        .hasMessageContaining("kafka-topics.sh");
  }

  @Test
  void saysWhichBrokerCannotBeReached() {
    assertThatThrownBy(
            () -> TopicLog.open(new KafkaSettings("localhost:1", Duration.ofMillis(500)), "orders"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("Cannot reach Kafka at localhost:1");
    assertThatThrownBy(
            () -> TopicLog.open(new KafkaSettings("no-such-host.invalid:9092", TIMEOUT), "orders"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("Cannot reach Kafka at no-such-host.invalid:9092");
  }
}
