package dev.lambdastack.benchmarks;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The clusters of one benchmark, in this JVM, and the stack's verbs on line items. */
final class TestBed implements AutoCloseable {
  static final int PARTITIONS = 4;
  static final Duration EPOCH = Duration.ofSeconds(5);
  private static final String TOPIC = BenchmarkViews.LINE_ITEMS.topic();

  private final Sandbox sandbox;
  private final Layers layers;

  private TestBed(Sandbox sandbox) {
    this.sandbox = sandbox;
    this.layers = new Layers(sandbox.config(), TOPIC, Views::load);
  }

  static TestBed open() throws Exception {
    Sandbox sandbox = Sandbox.start(EPOCH);
    sandbox
        .clusters()
        .kafka()
        .createTopic(
            TOPIC,
            PARTITIONS,
            Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
    return new TestBed(sandbox);
  }

  Layers layers() {
    return layers;
  }

  LambdaConfig config() {
    return sandbox.config();
  }

  /** The stack's verbs with another master folder. */
  Layers layers(String master) {
    Configuration conf = sandbox.configuration();
    conf.set("lambda.master", master);
    return new Layers(LambdaConfig.of(conf), TOPIC, Views::load);
  }

  String brokers() {
    return config().kafka().bootstrapServers();
  }

  /** Sends the items and waits until their epochs are over. */
  long send(LineItems items) throws Exception {
    Map<String, Object> producer =
        new HashMap<>(LogClients.producer(new KafkaSettings(brokers(), Duration.ofMinutes(2))));
    producer.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    producer.put(ProducerConfig.LINGER_MS_CONFIG, 20);
    producer.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    long sent = items.sendTo(producer, TOPIC, PARTITIONS);
    layers.awaitEpochAfter(Instant.now());
    return sent;
  }

  /** Archives what was sent. */
  ArchiveResult archive() throws Exception {
    return layers.archive();
  }

  /** {@code lambda recompute --full} of a view: nothing of an earlier version is taken over. */
  Version recomputeInFull(String view) throws Exception {
    return new Recompute(
            config(),
            layers.views(),
            SchemaStore.load(getClass().getClassLoader()),
            Clock.systemUTC())
        .run(List.of(view), Recompute.Options.FULL)
        .get(0)
        .version();
  }

  @Override
  public void close() throws Exception {
    sandbox.close();
  }
}
