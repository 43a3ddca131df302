package dev.lambdastack.benchmarks;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedPointer;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.clients.producer.KafkaProducer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench scale}: what the control plane costs with many partitions and views. */
@Command(
    name = "scale",
    sortOptions = false,
    header = "What the control plane costs where there are many partitions, or many views.",
    description = {
      "",
      "The same few events each time, so that what grows is what each partition or view costs by itself:",
      "ticks, boundaries, archive, metadata, planning, publishing, progress, and a query. Every answer is",
      "compared with what was sent.",
      ""
    })
final class ScaleBench implements Callable<Integer> {
  private static final Duration EPOCH = Duration.ofSeconds(5);
  private static final int EVENTS = 2_000;
  private static final int PARTITIONS_OF_VIEWS = 4;
  private static final int ARCHIVED_PARTITIONS = 1_000;
  private static final int REPEATED = 20;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Instant TIME = Instant.parse("2025-01-01T00:00:00Z");
  private static final Duration WINDOW = Duration.ofDays(1);

  @Spec private CommandSpec spec;

  @Option(
      names = "--partitions",
      split = ",",
      paramLabel = "<number>",
      defaultValue = "1,10,100,1000",
      description = "Partitions of the topics, with commas between; default: ${DEFAULT-VALUE}.")
  private List<Integer> partitions;

  @Option(
      names = "--views",
      split = ",",
      paramLabel = "<number>",
      defaultValue = "1,10,100",
      description = "Views over one topic, with commas between; default: ${DEFAULT-VALUE}.")
  private List<Integer> views;

  @Option(
      names = "--archived",
      split = ",",
      paramLabel = "<number>",
      defaultValue = "1,10,100",
      description =
          "Archive runs that a dataset has, each of 1,000 partitions with a file for each; default: ${DEFAULT-VALUE}.")
  private List<Integer> archived;

  private Figures figures;

  @Override
  public Integer call() throws Exception {
    figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, this::measure);
  }

  private int measure() throws Exception {
    try (Sandbox sandbox = Sandbox.start(EPOCH)) {
      for (int count : partitions) {
        measure(sandbox, "partitions", count, count, 1);
      }
      for (int count : views) {
        measure(sandbox, "views", count, PARTITIONS_OF_VIEWS, count);
      }
      for (int count : archived) {
        chain(sandbox.config(), count, ARCHIVED_PARTITIONS);
      }
    }
    return 0;
  }

  /** So many archive runs, committed one after another; they name no real file. */
  private void chain(LambdaConfig config, int count, int partitionCount) throws Exception {
    MasterTable table = MasterTable.open(config, "scale-runs-" + count);
    time(
        "runs",
        count,
        "runs committed",
        () -> {
          Optional<String> previous = Optional.empty();
          for (int number = 1; number <= count; number++) {
            MasterTable.Prepared prepared = table.prepare(Readings.type(table.topic()));
            previous =
                table
                    .commit(
                        prepared,
                        run(table.topic(), number, previous, partitionCount),
                        files(prepared.layout(), number, partitionCount),
                        List.of())
                    .map(ArchiveRun::digest);
          }
          return null;
        });
    Contents contents = time("runs", count, "dataset read", table::contents).orElseThrow();
    WrongAnswerException.check(
        "The dataset of " + count + " runs", contents.files().size(), count * partitionCount);
    say("runs", count, "files that it names", contents.files().size(), "files");
    timeMedian("runs", count, "dataset read again", table::contents);
  }

  private static ArchiveRun run(
      String topic, long number, Optional<String> previous, int partitionCount) {
    SortedMap<Integer, PartitionRange> ranges = new TreeMap<>();
    for (int p = 0; p < partitionCount; p++) {
      ranges.put(
          p,
          new PartitionRange(
              (number - 1) * EVENTS,
              number * EVENTS,
              OptionalInt.of(1),
              new TreeMap<>(Map.of(number, number * EVENTS))));
    }

    long events = (long) EVENTS * partitionCount;
    return new ArchiveRun(
        number,
        topic,
        "scale",
        previous,
        "20250101T000000Z-" + number,
        EPOCH,
        number - 1,
        number,
        Instant.EPOCH,
        ranges,
        Fingerprints.of(Readings.type(topic).schema()),
        0,
        new ArchiveRun.Counts(events, events, 0, 0),
        TIME);
  }

  /** One of each partition, with the bounds that readers plan by. */
  private static List<DataFile> files(TableLayout layout, long number, int partitionCount) {
    LocalDate date = LocalDate.ofInstant(TIME, ZoneOffset.UTC);
    Path folder = layout.folder("20250101T000000Z-" + number, Readings.type("scale").schema());
    List<DataFile> files = new ArrayList<>();
    for (int p = 0; p < partitionCount; p++) {
      files.add(
          DataFiles.builder(layout.byDate())
              .withPath(String.format(Locale.ROOT, "%s/%s-%d.0.parquet", folder, date, p))
              .withFormat(FileFormat.PARQUET)
              .withPartition(layout.partition(Optional.of(date)))
              .withFileSizeInBytes(EVENTS * 20L)
              .withMetrics(
                  new Metrics(
                      (long) EVENTS,
                      null,
                      null,
                      null,
                      null,
                      bounds(layout, p, (number - 1) * EVENTS),
                      bounds(layout, p, number * EVENTS - 1)))
              .build());
    }
    return files;
  }

  private static Map<Integer, ByteBuffer> bounds(TableLayout layout, int partition, long offset) {
    Types.NestedField partitions = layout.schema().findField(EventColumns.PARTITION);
    Types.NestedField offsets = layout.schema().findField(EventColumns.OFFSET);
    return Map.of(
        partitions.fieldId(),
        Conversions.toByteBuffer(partitions.type(), partition),
        offsets.fieldId(),
        Conversions.toByteBuffer(offsets.type(), offset));
  }

  /** Something whose time is taken. */
  private interface Step<T> {
    T run() throws Exception;
  }

  /** Prints one line of a table: what grows, how much of it, the step, and its milliseconds. */
  private <T> T time(String grows, int number, String step, Step<T> body) throws Exception {
    long started = System.nanoTime();
    T result = body.run();
    say(grows, number, step, (System.nanoTime() - started) / 1e6, "ms");
    return result;
  }

  /** {@link #time} of the median of many. */
  private void timeMedian(String grows, int number, String step, Step<?> body) throws Exception {
    double[] times = new double[REPEATED];
    for (int i = 0; i < REPEATED; i++) {
      long started = System.nanoTime();
      body.run();
      times[i] = (System.nanoTime() - started) / 1e6;
    }
    Arrays.sort(times);
    say(grows, number, step, times[REPEATED / 2], "ms");
  }

  private void say(String grows, int number, String what, double value, String unit) {
    figures.say("%,6d %-10s  %-34s %,12.1f %s", number, grows, what, value, unit);
  }

  private void measure(Sandbox sandbox, String grows, int number, int partitionCount, int viewCount)
      throws Exception {
    String topic = "scale-" + grows + "-" + number;
    Views declared = declare(topic, viewCount);
    Configuration conf = sandbox.configuration();
    conf.set("lambda.read.cache", "0ms");
    LambdaConfig config = LambdaConfig.of(conf);
    Layers layers = new Layers(config, topic, loader -> declare(topic, viewCount));
    List<String> names = declared.ofTopic(topic).stream().map(View::name).toList();
    sandbox
        .clusters()
        .kafka()
        .createTopic(
            topic,
            partitionCount,
            Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));

    send(config, topic, partitionCount);
    log(grows, number, config, topic, layers);
    time(grows, number, "archive, to the commit", layers::archive);
    master(grows, number, config, topic);
    batch(grows, number, config, declared, layers, names);
    speed(grows, number, config, topic, layers, names, partitionCount);
  }

  private static Views declare(String topic, int viewCount) {
    return Views.of(
        IntStream.range(0, viewCount)
            .mapToObj(
                i ->
                    View.named(topic.replace('-', '_') + "_" + i)
                        .over(Readings.type(topic))
                        .keyedBy("device")
                        .window(WINDOW)
                        .metric("readings", count())
                        .metric("amount", sum("amount"))
                        .build())
            .toList());
  }

  private static void send(LambdaConfig config, String topic, int partitionCount) throws Exception {
    Readings readings = new Readings(topic);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            LogClients.producer(new KafkaSettings(config.kafka().bootstrapServers(), LIMIT)))) {
      for (int i = 0; i < EVENTS; i++) {
        producer.send(readings.record(topic, i % Readings.DEVICES, i, 1, TIME, partitionCount));
      }
    }
  }

  /** What both layers ask of the log at the end of an epoch. */
  private void log(String grows, int number, LambdaConfig config, String topic, Layers layers)
      throws Exception {
    layers.awaitEpochAfter(Instant.now());
    try (TopicLog log =
        time(grows, number, "topic opened", () -> TopicLog.open(config.kafka(), topic))) {
      time(
          grows,
          number,
          "all partitions ticked",
          () -> {
            log.tick(log.partitions());
            return null;
          });
      layers.awaitEpochAfter(Instant.now());
      long now = System.currentTimeMillis();
      time(
          grows,
          number,
          "boundaries found",
          () -> log.boundaries(now - now % EPOCH.toMillis() - EPOCH.toMillis()));
    }
  }

  private void master(String grows, int number, LambdaConfig config, String topic)
      throws Exception {
    MasterTable table = MasterTable.open(config, topic);
    Contents contents = table.contents().orElseThrow();
    WrongAnswerException.check("The archive of " + topic, contents.events(), (long) EVENTS);
    say(grows, number, "files of the archive run", contents.files().size(), "files");
    Path metadata = new Path(table.layout().location(), "metadata");
    long bytes = metadata.getFileSystem(config.hadoop()).getContentSummary(metadata).getLength();
    say(grows, number, "metadata of its table", bytes / 1e3, "kB");
    timeMedian(grows, number, "table read", table::contents);
  }

  private void batch(
      String grows,
      int number,
      LambdaConfig config,
      Views declared,
      Layers layers,
      List<String> names)
      throws Exception {
    Recompute recompute =
        new Recompute(
            config, declared, SchemaStore.load(getClass().getClassLoader()), Clock.systemUTC());
    time(
        grows, number, "recompute planned", () -> recompute.plan(names, Recompute.Options.DEFAULT));
    time(
        grows,
        number,
        "recompute of all views",
        () -> recompute.run(names, Recompute.Options.DEFAULT));
    time(
        grows,
        number,
        "publish of all views",
        () -> {
          for (String name : names) {
            layers.publish(name);
          }
          return null;
        });
  }

  private void speed(
      String grows,
      int number,
      LambdaConfig config,
      String topic,
      Layers layers,
      List<String> names,
      int partitionCount)
      throws Exception {
    try (LambdaClient client = layers.client();
        RunningSpeedJob speed =
            time(
                grows,
                number,
                "speed job, from start to whole",
                () -> {
                  RunningSpeedJob job = layers.startSpeed();
                  layers.awaitComplete(client);
                  return job;
                })) {
      send(config, topic, partitionCount);
      Instant sent = Instant.now();
      time(
          grows,
          number,
          "fresh events told to readers",
          () -> {
            layers.awaitFresh(client, sent);
            return null;
          });
      store(grows, number, config, names);
      timeMedian(
          grows,
          number,
          "query of one key, merged",
          () -> client.query(names.get(0), List.of(Readings.device(0)), TIME, TIME.plus(WINDOW)));
      for (String name : names) {
        check(client, name);
      }
      speed.checkAlive();
    }
  }

  private static void check(LambdaClient client, String view) throws Exception {
    Answer answer = client.queryAll(view, Instant.MIN, Instant.MAX);
    long readings =
        answer.rows().stream().mapToLong(r -> ((Number) r.value("readings")).longValue()).sum();
    WrongAnswerException.check("The readings of view " + view, readings, 2L * EVENTS);
  }

  private void store(String grows, int number, LambdaConfig config, List<String> names)
      throws Exception {
    String view = names.get(0);
    try (Connection connection = HBaseConnector.connect(config)) {
      PublishedTable store = new PublishedTable(connection);
      PublishedPointer.Snapshot snapshot = store.pointer().read(view).orElseThrow();
      Generation generation = snapshot.row().generation().orElseThrow();
      Progress progress = snapshot.progress();

      say(grows, number, "pointer", snapshot.row().toJson().length() / 1e3, "kB");
      timeMedian(grows, number, "published row read", () -> store.pointer().read(view));
      timeMedian(
          grows,
          number,
          "progress written",
          () -> {
            store.progress().put(view, generation.number(), progress.applied());
            return null;
          });
      timeMedian(grows, number, "catalog of a view read", () -> store.catalog().of(view));
      timeMedian(grows, number, "catalog of all views read", () -> store.catalog().versions());
    }
  }
}
