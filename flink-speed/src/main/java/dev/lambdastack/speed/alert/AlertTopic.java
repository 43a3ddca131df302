package dev.lambdastack.speed.alert;

import dev.lambdastack.log.KafkaFault;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * The alerts topic as one writer has it: knows what stands there, appends in short transactions.
 * Kafka lets one writer of a transactional id live; taking over ends whatever transaction the one
 * before had open, and none of its records can become visible later. For one thread.
 */
final class AlertTopic implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  /** A transaction that a killed writer left open holds committed readers up for that long. */
  private static final Duration TRANSACTION = Duration.ofSeconds(30);

  private final AlertPlan plan;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Set<String> held = new HashSet<>();
  private final TreeMap<Integer, Long> next = new TreeMap<>();

  /** The key and value of a record. */
  record Entry(byte[] key, byte[] value) {}

  private AlertTopic(AlertPlan plan, KafkaProducer<byte[], byte[]> producer) {
    this.plan = plan;
    this.producer = producer;
  }

  /**
   * Becomes the one writer for the plan's topic, and reads which alerts are there.
   *
   * @param from where to begin reading, by partition; where a partition is missing, its beginning
   * @throws InvalidInputException when the topic is gone, or we may not write to it
   */
  static AlertTopic takeOver(AlertPlan plan, Map<Integer, Long> from) throws IOException {
    Map<String, Object> settings = LogClients.producer(plan.kafka());
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "lambda-alerts-" + plan.topic());
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) TRANSACTION.toMillis());
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
    AlertTopic topic = new AlertTopic(plan, producer);

    try {
      producer.initTransactions();
      topic.read(from);
      return topic;
    } catch (KafkaException e) {
      producer.close(Duration.ZERO);
      throw KafkaFault.of(
          "Cannot write alerts to topic %s: %s".formatted(plan.alertsTopic(), e.getMessage()), e);
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Up to the high watermark: behind another writer's open transaction may stand records of ours.
   */
  private void read(Map<Integer, Long> from) {
    try (TopicLog log = TopicLog.open(plan.kafka(), plan.alertsTopic());
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(LogClients.consumer(plan.kafka()))) {
      Map<Integer, Long> begins = log.beginOffsets();
      Map<Integer, Long> ends = log.highWatermarks();

      List<TopicPartition> partitions = new ArrayList<>();
      ends.keySet().forEach(p -> partitions.add(new TopicPartition(plan.alertsTopic(), p)));
      consumer.assign(partitions);
      for (TopicPartition p : partitions) {
        long begin = begins.get(p.partition());
        long start = Math.max(begin, from.getOrDefault(p.partition(), begin));
        consumer.seek(p, start);
        next.put(p.partition(), Math.max(start, ends.get(p.partition())));
      }

      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p.partition()))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.key() != null) {
            held.add(new String(record.key(), StandardCharsets.UTF_8));
          }
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new KafkaException("Interrupted while reading " + plan.alertsTopic());
        }
      }
    }
  }

  /** Whether the alert was on the topic when this writer took over. */
  boolean holds(String id) {
    return held.contains(id);
  }

  /**
   * Appends records; all are there on return.
   *
   * @throws IOException when they are not known to be; a later writer may have taken over, and then
   *     none is or will be there
   * @throws InvalidInputException when Kafka would not take them at another attempt either
   */
  void append(List<Entry> entries) throws IOException {
    if (entries.isEmpty()) {
      return;
    }

    try {
      producer.beginTransaction();
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (Entry entry : entries) {
        sent.add(
            producer.send(new ProducerRecord<>(plan.alertsTopic(), entry.key(), entry.value())));
      }

      producer.commitTransaction();
      for (Future<RecordMetadata> future : sent) {
        RecordMetadata metadata = future.get();
        next.merge(metadata.partition(), metadata.offset() + 1, Math::max);
      }
    } catch (KafkaException | ExecutionException e) {
      String message =
          "Cannot append alerts to topic %s: %s".formatted(plan.alertsTopic(), e.getMessage());
      if (KafkaFault.isRefusal(e)) {
        throw new InvalidInputException(message, e);
      }
      throw new IOException(message, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while appending alerts", e);
    }
  }

  /** The offsets behind all that stands there now, by partition. */
  Map<Integer, Long> next() {
    return next;
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
