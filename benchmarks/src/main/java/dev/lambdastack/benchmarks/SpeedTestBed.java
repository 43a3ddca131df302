package dev.lambdastack.benchmarks;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The clusters of a speed benchmark, in this JVM. */
final class SpeedTestBed implements AutoCloseable {
  /** Short, so that epochs close while latencies are taken. */
  private static final Duration EPOCH = Duration.ofMinutes(1);

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Sandbox sandbox;

  private SpeedTestBed(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  static SpeedTestBed open() throws Exception {
    return new SpeedTestBed(Sandbox.start(EPOCH));
  }

  void createTopic(String topic) throws Exception {
    sandbox
        .clusters()
        .kafka()
        .createTopic(
            topic,
            Readings.PARTITIONS,
            Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
  }

  Layers layers(String topic) {
    return new Layers(config(), topic, Readings.views(topic));
  }

  LambdaConfig config() {
    return sandbox.config();
  }

  String brokers() {
    return config().kafka().bootstrapServers();
  }

  /**
   * Settings of a producer that is acknowledged by all replicas.
   *
   * @param lingerMillis how long a record may wait for others
   */
  Map<String, Object> producer(int lingerMillis, int batchBytes) {
    Map<String, Object> settings =
        new HashMap<>(LogClients.producer(new KafkaSettings(brokers(), LIMIT)));
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, lingerMillis);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, batchBytes);
    return settings;
  }

  @Override
  public void close() throws Exception {
    sandbox.close();
  }
}
