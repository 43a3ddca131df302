package dev.lambdastack.log;

import dev.lambdastack.settings.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The settings that every Kafka client of the stack has: what {@code lambda.kafka.client.*} says,
 * as far as the client's kind knows it, and what exactness rests on. {@link ClientKeys} refuses a
 * key that is set here.
 */
public final class LogClients {
  private LogClients() {}

  /**
   * A consumer that is told what to read: committed records only, no group, and an exception where
   * an offset is gone. Use it with {@code assign}.
   */
  public static Map<String, Object> consumer(KafkaSettings kafka) {
    Map<String, Object> config = common(kafka, ConsumerConfig.configNames());
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return config;
  }

  /** A producer whose records are acknowledged by all replicas in sync. */
  public static Map<String, Object> producer(KafkaSettings kafka) {
    Map<String, Object> config = common(kafka, ProducerConfig.configNames());
    config.remove(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, kafka.timeout().toMillis());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis(kafka.timeout()));
    config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return config;
  }

  /** A client that asks about topics, and makes them. */
  public static Map<String, Object> admin(KafkaSettings kafka) {
    return common(kafka, AdminClientConfig.configNames());
  }

  private static Map<String, Object> common(KafkaSettings kafka, Set<String> known) {
    Map<String, Object> config = new HashMap<>(kafka.client());
    config.keySet().retainAll(known);

    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, millis(kafka.timeout()));
    config.put(
        CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, Math.min(30_000, millis(kafka.timeout())));
    config.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    return config;
  }

  private static int millis(Duration timeout) {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis()));
  }
}
