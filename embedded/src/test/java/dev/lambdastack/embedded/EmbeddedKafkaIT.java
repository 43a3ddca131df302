package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedKafkaIT {
  private static EmbeddedKafka kafka;

  @BeforeAll
  static void start() throws Exception {
    kafka = Stopwatch.timed("Kafka", () -> EmbeddedKafka.builder().start());
  }

  @AfterAll
  static void close() throws Exception {
    kafka.close();
  }

  @Test
  void recordsCarryTheTimeOfTheLogUnlessTheTopicSaysOtherwise() throws Exception {
    kafka.createTopic("append", 3);
    kafka.createTopic("create", 1, Map.of("message.timestamp.type", "CreateTime"));
    KafkaProbe.send(kafka.bootstrapServers(), "append", "x");
    KafkaProbe.send(kafka.bootstrapServers(), "create", "x");
    assertThat(first("append").timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(first("create").timestampType()).isEqualTo(TimestampType.CREATE_TIME);
  }

  @Test
  void aRestartKeepsPortTopicsAndRecords() throws Exception {
    String before = kafka.bootstrapServers();
    kafka.createTopic("restart", 2);
    try (KafkaProducer<byte[], byte[]> producer = KafkaProbe.producer(before)) {
      producer.send(record("restart", "one")).get();
      kafka.stop();
      Stopwatch.timed(
          "Kafka again",
          () -> {
            kafka.start();
            return null;
          });
      producer.send(record("restart", "two")).get();
    }
    assertThat(kafka.bootstrapServers()).isEqualTo(before);
    assertThat(KafkaProbe.values(KafkaProbe.read(before, "restart", 2)))
        .containsExactly("one", "two");
  }

  @Test
  void theClockStepsForwardAndBack() throws Exception {
    kafka.createTopic("clock", 1);
    try {
      KafkaProbe.send(kafka.bootstrapServers(), "clock", "now");
      kafka.shiftClock(Duration.ofHours(2));
      KafkaProbe.send(kafka.bootstrapServers(), "clock", "ahead");
      kafka.shiftClock(Duration.ofHours(-1));
      KafkaProbe.send(kafka.bootstrapServers(), "clock", "behind");
    } finally {
      kafka.shiftClock(Duration.ZERO);
    }
    List<Instant> stamps =
        KafkaProbe.read(kafka.bootstrapServers(), "clock", 3).stream()
            .map(record -> Instant.ofEpochMilli(record.timestamp()))
            .toList();
    assertThat(Duration.between(stamps.get(0), stamps.get(1)))
        .isBetween(Duration.ofHours(2), Duration.ofMinutes(125));
    assertThat(Duration.between(stamps.get(1), stamps.get(2)))
        .isBetween(Duration.ofHours(-3), Duration.ofMinutes(-175));
  }

  @Test
  void committedTransactionsAreReadAndAbortedOnesAreNot() throws Exception {
    kafka.createTopic("transactions", 1);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "t"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(record("transactions", "aborted")).get();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(record("transactions", "committed")).get();
      producer.commitTransaction();
    }
    KafkaProbe.send(kafka.bootstrapServers(), "transactions", "plain");
    assertThat(KafkaProbe.values(KafkaProbe.read(kafka.bootstrapServers(), "transactions", 2)))
        .containsExactly("committed", "plain");
  }

  @Test
  void topicsAreNotMadeByAskingForThem() throws Exception {
    try (var admin = kafka.admin()) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("nowhere")).allTopicNames().get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void aTopicThatExistsIsRefusedWithItsName() throws Exception {
    kafka.createTopic("twice", 1);
    assertThatThrownBy(() -> kafka.createTopic("twice", 1))
        .hasMessageContaining("Cannot create topic twice")
        .hasCauseInstanceOf(TopicExistsException.class);
  }

  @Test
  void aFolderOfTheCallersKeepsItsRecords(@TempDir Path folder) throws Exception {
    try (EmbeddedKafka first = EmbeddedKafka.builder().dataDir(folder).start()) {
      first.createTopic("kept", 1);
      KafkaProbe.send(first.bootstrapServers(), "kept", "x");
    }
    assertThat(Files.exists(folder.resolve("kept-0"))).isTrue();
    try (EmbeddedKafka second = EmbeddedKafka.builder().dataDir(folder).start()) {
      assertThat(KafkaProbe.values(KafkaProbe.read(second.bootstrapServers(), "kept", 1)))
          .containsExactly("x");
    }
  }

  @Test
  void aSecuredListenerTakesOneLoginAlone() throws Exception {
    try (EmbeddedKafka secured = EmbeddedKafka.builder().secured("alice", "of-alice").start()) {
      secured.createTopic("secured", 1);
      send(secured, secured.securedClient());
      assertThat(KafkaProbe.values(KafkaProbe.read(secured.bootstrapServers(), "secured", 1)))
          .containsExactly("x");

      Map<String, String> wrong = new HashMap<>(secured.securedClient());
      wrong.computeIfPresent(
          "sasl.jaas.config", (key, login) -> login.replace("of-alice", "guess"));
      assertThatThrownBy(() -> send(secured, wrong))
          .hasRootCauseInstanceOf(SaslAuthenticationException.class);

      Map<String, String> stranger = new HashMap<>(secured.securedClient());
      stranger.keySet().removeIf(key -> key.startsWith("ssl.truststore"));
      assertThatThrownBy(() -> send(secured, stranger))
          .hasCauseInstanceOf(SslAuthenticationException.class);
    }
  }

  private static void send(EmbeddedKafka kafka, Map<String, String> client) throws Exception {
    Map<String, Object> config = new HashMap<>(client);
    config.put("bootstrap.servers", kafka.securedServers());
    config.put("max.block.ms", 30_000);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(record("secured", "x")).get();
    }
  }

  private static ConsumerRecord<byte[], byte[]> first(String topic) throws Exception {
    return KafkaProbe.read(kafka.bootstrapServers(), topic, 1).get(0);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String value) {
    return new ProducerRecord<>(topic, 0, null, value.getBytes(StandardCharsets.UTF_8));
  }
}
