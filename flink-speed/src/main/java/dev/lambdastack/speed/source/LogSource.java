package dev.lambdastack.speed.source;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.plan.SpeedPlan;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriber;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/** Flink's Kafka source over the committed records of the plan's partitions. */
public final class LogSource {
  private LogSource() {}

  /**
   * Reads from the plan's offsets; has no consumer group; fails where an offset is gone; never
   * looks for new partitions.
   */
  @SuppressWarnings("deprecation") // The connector's own signature asks for the old enum.
  public static KafkaSource<Envelope> of(SpeedPlan plan) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    plan.starts().forEach((p, offset) -> offsets.put(new TopicPartition(plan.topic(), p), offset));

    return KafkaSource.<Envelope>builder()
        .setProperties(clientProperties(plan))
        .setBootstrapServers(plan.kafka().bootstrapServers())
        .setClientIdPrefix("lambda-speed-" + plan.topic() + "-" + plan.life())
        .setKafkaSubscriber(
            new RefusingSubscriber(
                KafkaSubscriber.getPartitionSetSubscriber(new HashSet<>(offsets.keySet())),
                plan.kafka(),
                plan.topic()))
        .setStartingOffsets(OffsetsInitializer.offsets(offsets, OffsetResetStrategy.NONE))
        .setDeserializer(new EnvelopeDeserializer())
        .build();
  }

  private static Properties clientProperties(SpeedPlan plan) {
    Properties properties = new Properties();
    LogClients.consumer(plan.kafka())
        .forEach(
            (key, value) -> {
              if (!key.endsWith(".deserializer")) {
                properties.setProperty(key, String.valueOf(value));
              }
            });
    properties.setProperty("partition.discovery.interval.ms", "-1");
    properties.setProperty("commit.offsets.on.checkpoint", "false");
    return properties;
  }
}
