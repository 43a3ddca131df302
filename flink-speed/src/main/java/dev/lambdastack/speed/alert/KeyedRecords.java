package dev.lambdastack.speed.alert;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.Tick;
import dev.lambdastack.speed.message.KeyedRecord;
import dev.lambdastack.speed.source.RefusingSubscriber;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriber;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/** Every committed record with its key; ticks, which have no meaning here, are left out. */
final class KeyedRecords implements KafkaRecordDeserializationSchema<KeyedRecord> {
  private static final long serialVersionUID = 1L;
  private static final String DISCOVERY_MILLIS = "10000";

  /**
   * Reads from the plan's offsets; has no consumer group; fails where an offset is gone. Partitions
   * that are added later are read from their beginning.
   */
  @SuppressWarnings("deprecation") // The connector's own signature asks for the old enum.
  static KafkaSource<KeyedRecord> source(AlertPlan plan) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    plan.starts().forEach((p, offset) -> offsets.put(new TopicPartition(plan.topic(), p), offset));

    Properties properties = new Properties();
    LogClients.consumer(plan.kafka())
        .forEach(
            (key, value) -> {
              if (!key.endsWith(".deserializer")) {
                properties.setProperty(key, String.valueOf(value));
              }
            });
    properties.setProperty("partition.discovery.interval.ms", DISCOVERY_MILLIS);
    properties.setProperty("commit.offsets.on.checkpoint", "false");

    return KafkaSource.<KeyedRecord>builder()
        .setProperties(properties)
        .setBootstrapServers(plan.kafka().bootstrapServers())
        .setClientIdPrefix("lambda-alerts-" + plan.topic())
        .setKafkaSubscriber(
            new RefusingSubscriber(
                KafkaSubscriber.getTopicListSubscriber(List.of(plan.topic())),
                plan.kafka(),
                plan.topic()))
        .setStartingOffsets(OffsetsInitializer.offsets(offsets, OffsetResetStrategy.NONE))
        .setDeserializer(new KeyedRecords())
        .build();
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> kafka, Collector<KeyedRecord> out) {
    if (Tick.isTick(kafka.headers())) {
      return;
    }
    out.collect(
        new KeyedRecord(
            kafka.key() == null ? "" : new String(kafka.key(), StandardCharsets.UTF_8),
            kafka.partition(),
            kafka.offset(),
            kafka.timestamp(),
            kafka.value() == null ? new byte[0] : kafka.value()));
  }

  @Override
  public TypeInformation<KeyedRecord> getProducedType() {
    return KeyedRecord.TYPE;
  }
}
