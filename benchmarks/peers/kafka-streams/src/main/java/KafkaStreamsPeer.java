import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyWindowStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Kafka Streams, asked line by line: {@code <brokers> <topic> <schema file>}. Count and sum by the
 * record's key and minute of event time, in a window store (RocksDB, cached, with its changelog),
 * two threads, at least once. The topic is keyed by what is grouped by, so nothing is repartitioned.
 *
 * <p>Timed from the first record to the last one that its aggregator took: its store answers from
 * then on. What the commit of the last records takes is not counted.
 */
public final class KafkaStreamsPeer {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final LongAdder TAKEN = new LongAdder();
  private static final AtomicLong FIRST = new AtomicLong();

  private record Reading(long amount, long eventTime) {}

  private record Total(long count, long amount) {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("@ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        System.out.println(run(line.split(" ")));
      } catch (Exception e) {
        // Standard error is this process's log file, which the benchmark names.
        // Standard error is the log of a peer.
        e.printStackTrace();
        System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
      }
    }
  }

  private static String run(String[] words) throws Exception {
    TAKEN.reset();
    FIRST.set(0);
    Schema schema = new Schema.Parser().parse(Files.readString(Path.of(words[2])));
    long events = events(words[0], words[1]);
    Path state = Files.createTempDirectory("streams");
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "peer-" + UUID.randomUUID());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, words[0]);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    settings.put("auto.offset.reset", "earliest");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.metrics.push", false);
    try (KafkaStreams streams = new KafkaStreams(topology(words[1], schema).build(), settings)) {
      streams.setUncaughtExceptionHandler(
          problem -> {
            // Standard error is this process's log file, which the benchmark names.
            // Standard error is the log of a peer.
            problem.printStackTrace();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          });
      streams.start();
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (TAKEN.sum() < events) {
        if (System.nanoTime() > deadline || streams.state() == KafkaStreams.State.ERROR) {
          throw new IllegalStateException(
              "took %d of %d events, state %s".formatted(TAKEN.sum(), events, streams.state()));
        }
        // Looks again: the library tells nobody when it has caught up.
        Thread.sleep(5);
      }
      double seconds = (System.nanoTime() - FIRST.get()) / 1e9;
      return "@done %.3f %s".formatted(seconds, totals(streams));
    } finally {
      delete(state);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      paths.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }

  private static long events(String brokers, String topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      int partitions =
          admin
              .describeTopics(java.util.List.of(topic))
              .allTopicNames()
              .get()
              .get(topic)
              .partitions()
              .size();
      for (int p = 0; p < partitions; p++) {
        ends.put(new TopicPartition(topic, p), OffsetSpec.latest());
      }
      return admin.listOffsets(ends).all().get().values().stream().mapToLong(e -> e.offset()).sum();
    }
  }

  private static StreamsBuilder topology(String topic, Schema schema) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(
            topic,
            Consumed.with(Serdes.Bytes(), Serdes.serdeFrom((t, d) -> null, decoder(schema)))
                .withTimestampExtractor(new EventTime()))
        .groupByKey(Grouped.keySerde(Serdes.Bytes()))
        .windowedBy(TimeWindows.ofSizeAndGrace(MINUTE, Duration.ofDays(1)))
        .aggregate(
            () -> new Total(0, 0),
            (key, reading, total) -> {
              TAKEN.increment();
              return new Total(total.count() + 1, total.amount() + reading.amount());
            },
            Materialized.<Bytes, Total, WindowStore<Bytes, byte[]>>as("totals")
                .withKeySerde(Serdes.Bytes())
                .withValueSerde(totals()));
    return builder;
  }

  /** An event behind the ten bytes of Avro's single-object encoding. */
  private static Deserializer<Reading> decoder(Schema schema) {
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
    ThreadLocal<BinaryDecoder> decoders = new ThreadLocal<>();
    ThreadLocal<GenericRecord> records = new ThreadLocal<>();
    return (topic, value) -> {
      FIRST.compareAndSet(0, System.nanoTime());
      if (value == null || value.length == 0) {
        // A tick of the speed job's: no event, and the aggregator does not see it.
        TAKEN.increment();
        return null;
      }
      try {
        BinaryDecoder in =
            DecoderFactory.get().binaryDecoder(value, 10, value.length - 10, decoders.get());
        decoders.set(in);
        GenericRecord record = reader.read(records.get(), in);
        records.set(record);
        return new Reading((Long) record.get("amount"), (Long) record.get("event_time"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private static final class EventTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
      return record.value() == null ? partitionTime : ((Reading) record.value()).eventTime();
    }
  }

  private static Serde<Total> totals() {
    return Serdes.serdeFrom(
        (topic, total) ->
            total == null
                ? null
                : ByteBuffer.allocate(16).putLong(total.count()).putLong(total.amount()).array(),
        (topic, bytes) -> {
          if (bytes == null) {
            return null;
          }
          ByteBuffer in = ByteBuffer.wrap(bytes);
          return new Total(in.getLong(), in.getLong());
        });
  }

  private static String totals(KafkaStreams streams) {
    ReadOnlyWindowStore<Bytes, Total> store =
        streams.store(
            StoreQueryParameters.fromNameAndType("totals", QueryableStoreTypes.windowStore()));
    long rows = 0;
    long events = 0;
    long amount = 0;
    try (KeyValueIterator<?, Total> all = store.all()) {
      while (all.hasNext()) {
        Total total = all.next().value;
        rows++;
        events += total.count();
        amount += total.amount();
      }
    }
    return "%d %d %d".formatted(rows, events, amount);
  }
}
