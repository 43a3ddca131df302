package dev.lambdastack.benchmarks;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What meters count, and the view of it that is measured: count and sum by device and minute. The
 * same readings each time. A device stands in one partition, whose Kafka key it is.
 */
final class Readings {
  static final int PARTITIONS = 4;
  static final int DEVICES = 1000;

  /** The topic of a catch-up. */
  static final String STORED = "readings";

  /** The topic that is produced to at a fixed rate. */
  static final String LIVE = "readings-live";

  private static final Instant FIRST = Instant.parse("2025-01-01T00:00:00Z");
  private static final Duration SPAN = Duration.ofHours(1);
  private static final int LATE_ONE_IN = 100;
  private static final Duration LATE = Duration.ofMinutes(2);
  private static final int AMOUNTS = 10_000;
  private static final int SITES = 40;
  private static final String[] NAMES =
      IntStream.range(0, DEVICES).mapToObj("meter-%04d"::formatted).toArray(String[]::new);
  private static final String[] SITE_NAMES =
      IntStream.range(0, SITES).mapToObj(s -> "site-" + s).toArray(String[]::new);

  private final GenericData.Record event;
  private final EventEncoder encoder;

  /** What a view must hold of readings: plain counting, of which nothing comes from the stack. */
  record Expected(long rows, long events, long amount) {}

  Readings(String topic) {
    event = new GenericData.Record(type(topic).schema());
    encoder = new EventEncoder(type(topic));
  }

  static EventType type(String topic) {
    return EventType.of(
        topic,
        SchemaStore.load(Readings.class.getClassLoader())
            .find("dev.lambdastack.benchmarks.Reading", 1),
        "event_time",
        "device");
  }

  /** The name of the view over a topic. */
  static String view(String topic) {
    return topic.replace('-', '_') + "_by_minute";
  }

  static ViewsLoader views(String topic) {
    return loader ->
        Views.of(
            List.of(
                View.named(view(topic))
                    .over(type(topic))
                    .keyedBy("device")
                    .window(Duration.ofMinutes(1))
                    .metric("readings", count())
                    .metric("amount", sum("amount"))
                    .build()));
  }

  static String device(int number) {
    return NAMES[number];
  }

  /** A number that looks random, the same for the same input. */
  static long mix(long value) {
    long z = (value + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return (z ^ z >>> 31) >>> 1;
  }

  ProducerRecord<byte[], byte[]> record(
      String topic, int device, long sequence, long amount, Instant time) {
    return record(topic, device, sequence, amount, time, PARTITIONS);
  }

  /** {@link #record} for a topic of so many partitions. */
  ProducerRecord<byte[], byte[]> record(
      String topic, int device, long sequence, long amount, Instant time, int partitions) {
    event.put("device", device(device));
    event.put("site", SITE_NAMES[device % SITES]);
    event.put("firmware", "4.19.2-rc1");
    event.put("sequence", sequence);
    event.put("amount", amount);
    event.put("battery", (int) (sequence % 100));
    event.put("event_time", time);
    return new ProducerRecord<>(
        topic, device % partitions, encoder.key(event), encoder.value(event));
  }

  private static int storedDevice(int partition, long index) {
    long random = mix(index * PARTITIONS + partition);
    return (int) (random % (DEVICES / PARTITIONS)) * PARTITIONS + partition;
  }

  private static long storedAmount(int partition, long index) {
    return mix(-1 - index * PARTITIONS - partition) % AMOUNTS;
  }

  /** Event time goes on with the log; one in a hundred comes two minutes late. */
  private static long storedTime(long index, long ofPartition) {
    long time = FIRST.toEpochMilli() + SPAN.toMillis() * index / ofPartition;
    return index % LATE_ONE_IN == 0 ? time - LATE.toMillis() : time;
  }

  /** Sends this many to the topic of a catch-up, as many to each partition. */
  static void store(Map<String, Object> settings, long perPartition) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<Void>> parts = new ArrayList<>();
      for (int p = 0; p < PARTITIONS; p++) {
        int partition = p;
        parts.add(() -> store(settings, partition, perPartition));
      }

      for (Future<Void> part : threads.invokeAll(parts)) {
        part.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static Void store(Map<String, Object> settings, int partition, long count)
      throws Exception {
    Readings readings = new Readings(STORED);
    AtomicReference<Exception> failure = new AtomicReference<>();

    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (long i = 0; i < count && failure.get() == null; i++) {
        producer.send(
            readings.record(
                STORED,
                storedDevice(partition, i),
                i,
                storedAmount(partition, i),
                Instant.ofEpochMilli(storedTime(i, count))),
            (metadata, problem) -> {
              if (problem != null) {
                failure.compareAndSet(null, problem);
              }
            });
      }
    }

    if (failure.get() != null) {
      throw failure.get();
    }

    return null;
  }

  /** What the view must hold of what {@link #store} sends. */
  static Expected expected(long perPartition) {
    Map<Long, long[]> rows = new HashMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (long i = 0; i < perPartition; i++) {
        long minute = storedTime(i, perPartition) / Duration.ofMinutes(1).toMillis();
        long[] row =
            rows.computeIfAbsent(minute * DEVICES + storedDevice(partition, i), r -> new long[2]);
        row[0]++;
        row[1] += storedAmount(partition, i);
      }
    }

    return new Expected(
        rows.size(),
        rows.values().stream().mapToLong(r -> r[0]).sum(),
        rows.values().stream().mapToLong(r -> r[1]).sum());
  }

  /** Where the event times of what {@link #store} sends begin and end. */
  static Instant from() {
    return FIRST.minus(LATE);
  }

  static Instant to() {
    return FIRST.plus(SPAN);
  }
}
