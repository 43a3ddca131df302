package dev.lambdastack.benchmarks;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.source.LogSource;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A new speed job over a topic that is full: how long until all of it is applied. */
final class CatchUp {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int PARALLELISM = 2;

  private final SpeedTestBed bed;
  private final Layers layers;
  private final Map<Integer, Long> ends;

  CatchUp(SpeedTestBed bed) throws Exception {
    this.bed = bed;
    this.layers = bed.layers(Readings.STORED);
    try (TopicLog log = TopicLog.open(new KafkaSettings(bed.brokers(), LIMIT), Readings.STORED)) {
      this.ends = log.endOffsets();
    }
  }

  /** Seconds from the first record read to all applied and told to readers; the job has ended. */
  double ours() throws Exception {
    return run(SpeedOptions.defaults());
  }

  /** The same job with a sink that throws everything away. */
  double discarding() throws Exception {
    return run(SpeedOptions.defaults().withSink(plan -> new DiscardingSink<>()));
  }

  private double run(SpeedOptions options) throws Exception {
    FirstRead.reset();
    try (RunningSpeedJob job =
        layers.startSpeed(
            options.withFresh(true).withSource(plan -> new FirstRead<>(LogSource.of(plan))))) {
      job.awaitApplied(ends, LIMIT);
      return (System.nanoTime() - FirstRead.nanos()) / 1e9;
    }
  }

  /** What the answers hold: of the job that caught up last. */
  Readings.Expected answers() throws Exception {
    long rows = 0;
    long events = 0;
    long amount = 0;

    try (LambdaClient client = layers.client()) {
      for (int device = 0; device < Readings.DEVICES; device++) {
        for (MergedRow row :
            client
                .query(
                    Readings.view(Readings.STORED),
                    List.of(Readings.device(device)),
                    Readings.from(),
                    Readings.to())
                .rows()) {
          rows++;
          events += (Long) row.value("readings");
          amount += ((BigDecimal) row.value("amount")).longValueExact();
        }
      }
    }

    return new Readings.Expected(rows, events, amount);
  }

  /** Flink's source alone, by the same settings: the limit of what a job can read. */
  double drain() throws Exception {
    FirstRead.reset();
    Configuration flink = new Configuration();
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, flink);
    KafkaSource<Integer> source =
        KafkaSource.<Integer>builder()
            .setBootstrapServers(bed.brokers())
            .setTopics(Readings.STORED)
            .setProperty("isolation.level", "read_committed")
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setDeserializer(new Length())
            .build();
    env.fromSource(new FirstRead<>(source), WatermarkStrategy.noWatermarks(), "log", Types.INT)
        .sinkTo(new DiscardingSink<>());
    env.execute("drain");
    return (System.nanoTime() - FirstRead.nanos()) / 1e9;
  }

  private static final class Length implements KafkaRecordDeserializationSchema<Integer> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> kafka, Collector<Integer> out) {
      out.collect(kafka.value() == null ? 0 : kafka.value().length);
    }

    @Override
    public TypeInformation<Integer> getProducedType() {
      return Types.INT;
    }
  }
}
