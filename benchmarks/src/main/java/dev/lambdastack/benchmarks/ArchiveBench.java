package dev.lambdastack.benchmarks;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.settings.KafkaSettings;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench archive}: Kafka to Parquet, beside a bare consumer and Spark. */
@Command(
    name = "archive",
    sortOptions = false,
    header =
        "Archives a topic, beside two bare consumers that only read it and Spark that writes it to Parquet.")
final class ArchiveBench implements Callable<Integer> {
  private static final long DEFAULT_EVENTS = 10_000_000;
  private static final int THREADS = 2;

  @Spec private CommandSpec spec;
  @Mixin private Bench.Options options;

  @Option(
      names = "--peers",
      required = true,
      hidden = true,
      description = "The folder of the peers.")
  private Path peers;

  @Override
  public Integer call() throws Exception {
    Figures figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, () -> measure(figures));
  }

  private int measure(Figures figures) throws Exception {
    long wanted = options.events == 0 ? DEFAULT_EVENTS : options.events;
    try (TestBed bed = TestBed.open()) {
      long sent =
          bed.send(
              new LineItems(
                  (double) wanted / LineItems.AT_SCALE_1,
                  Instant.parse("2024-01-01T00:00:00Z"),
                  Duration.ofDays(3)));
      figures.say("%,d line items in %d partitions", sent, TestBed.PARTITIONS);

      Path log = Files.createTempFile("spark", ".log");
      Path schema =
          Files.writeString(
              Files.createTempFile("schema", ".avsc"),
              BenchmarkViews.LINE_ITEMS.schema().toString());

      try (Peer spark =
          options.noPeer
              ? null
              : Peer.start(peers.resolve("spark"), "SparkPeer", "4g", log, List.of())) {
        for (int run = 0; run <= options.runs; run++) {
          figures.add("bare drain", drain(bed, sent), sent);
          ours(bed, figures, run, sent);
          if (spark != null) {
            String out = bed.config().hadoop().get("fs.defaultFS") + "/spark/archive";
            Peer.Run theirs =
                spark.run(
                    "archive %s %s %s %s"
                        .formatted(bed.brokers(), BenchmarkViews.LINE_ITEMS.topic(), schema, out));
            WrongAnswerException.check("Spark's archive", theirs.rows(), sent);
            figures.add("spark", theirs.seconds(), sent);
          }
        }
      }

      figures.say("archive vs drain: %.2f", figures.speedup("ours", "bare drain"));
      if (!options.noPeer) {
        figures.say("archive vs spark: %.2f", figures.speedup("ours", "spark"));
      }
      return 0;
    }
  }

  private static void ours(TestBed bed, Figures figures, int run, long events) throws Exception {
    long started = System.nanoTime();
    ArchiveResult archived = bed.layers("/master-" + run).archive();
    double seconds = (System.nanoTime() - started) / 1e9;
    WrongAnswerException.check("Our archive", archived.events(), events);
    figures.add("ours", seconds, events);
  }

  /** Reads every committed record and does nothing with it; seconds. */
  private static double drain(TestBed bed, long events) throws Exception {
    long started = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> parts = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        List<TopicPartition> own = new ArrayList<>();
        for (int p = thread; p < TestBed.PARTITIONS; p += THREADS) {
          own.add(new TopicPartition(BenchmarkViews.LINE_ITEMS.topic(), p));
        }
        parts.add(threads.submit(() -> drain(bed.brokers(), own)));
      }

      long read = 0;
      for (Future<Long> part : parts) {
        read += part.get();
      }

      if (read < events) {
        throw new IllegalStateException("read " + read + " of " + events + " events");
      }
    } finally {
      threads.shutdown();
    }
    return (System.nanoTime() - started) / 1e9;
  }

  private static long drain(String brokers, List<TopicPartition> partitions) {
    Map<String, Object> settings =
        new HashMap<>(LogClients.consumer(new KafkaSettings(brokers, Duration.ofMinutes(1))));
    long read = 0;

    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);

      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        read += consumer.poll(Duration.ofMillis(100)).count();
      }
    }

    return read;
  }
}
