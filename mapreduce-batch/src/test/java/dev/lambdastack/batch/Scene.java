package dev.lambdastack.batch;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * A topic, a master folder and a clock of a test's own on the shared servers. Broker and archive go
 * by one clock, which the test moves.
 */
public final class Scene implements AutoCloseable {
  public static final Duration EPOCH = Duration.ofSeconds(10);
  public static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Servers servers;
  private final String topic;
  private final String viewName;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Configuration conf;

  private Scene(Servers servers, Configuration conf, String topic, String viewName) {
    this.servers = servers;
    this.topic = topic;
    this.viewName = viewName;
    this.producer =
        new KafkaProducer<>(
            LogClients.producer(
                new KafkaSettings(servers.kafka().bootstrapServers(), Duration.ofMinutes(10))));
    this.conf = conf;
    conf.set("lambda.epoch", EPOCH.toMillis() + "ms");
    conf.set("lambda.master", "/scene/" + topic + "/master");
    conf.set("lambda.staging", "/scene/" + topic + "/staging");
    conf.set("lambda.kafka.timeout", "20s");
  }

  /** A scene on Kafka and HDFS with a topic of so many partitions. */
  public static Scene open(Servers servers, int partitions) throws IOException {
    return open(servers, servers.configuration(), partitions);
  }

  /** A scene that has HBase too. */
  public static Scene openWithHBase(Servers servers, int partitions) throws IOException {
    return open(servers, servers.configurationWithHBase(), partitions);
  }

  private static Scene open(Servers servers, Configuration conf, int partitions)
      throws IOException {
    int number = NUMBER.incrementAndGet();
    return open(servers, conf, "sales-" + number, "sales_" + number, partitions);
  }

  /** A scene with names of its own. */
  public static Scene open(
      Servers servers, Configuration conf, String topic, String viewName, int partitions)
      throws IOException {
    Scene scene = new Scene(servers, conf, topic, viewName);
    servers.kafka().createTopic(scene.topic, partitions);
    // Begin at the start of an epoch, so that no test crosses a boundary by chance.
    scene.toEpochStart();
    return scene;
  }

  /** The clock stays where it is, so that no epoch comes twice. */
  @Override
  public void close() {
    producer.close();
  }

  public Servers servers() {
    return servers;
  }

  public String topic() {
    return topic;
  }

  public String viewName() {
    return viewName;
  }

  /** Settings; those that are set here hold for all that comes. */
  public Configuration conf() {
    return conf;
  }

  public LambdaConfig config() {
    return LambdaConfig.of(conf);
  }

  // ---- time

  /** The broker's and the archive's clock. */
  public Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Instant instant() {
        return InstantSource.system().instant().plus(servers.kafka().clockShift());
      }
    };
  }

  public long now() {
    return clock().millis();
  }

  /** The number of the present epoch. */
  public long epoch() {
    return now() / EPOCH.toMillis();
  }

  /**
   * Moves the clock to the start of the next epoch.
   *
   * @return its number; on a busy machine it may be over soon
   */
  public long toEpochStart() {
    long now = now();
    move(Duration.ofMillis(EPOCH.toMillis() - now % EPOCH.toMillis()));
    return now / EPOCH.toMillis() + 1;
  }

  public void move(Duration by) {
    servers.kafka().shiftClock(servers.kafka().clockShift().plus(by));
  }

  // ---- events

  public EventType type(Schema pinned) {
    return Sale.type(topic, pinned);
  }

  /** The views that make the archive know the topic. */
  public Views views(Schema pinned) {
    return views(topic, viewName, pinned);
  }

  /** The same in another process. */
  public static Views views(String topic, String viewName, Schema pinned) {
    return Views.of(
        List.of(
            View.named(viewName)
                .over(Sale.type(topic, pinned))
                .keyedBy("kind")
                .window(Duration.ofHours(1))
                .metric("events", Metric.count())
                .build()));
  }

  /** A sale where it stands in the log. */
  public record Placed(Sale sale, int partition, long offset) {}

  public Placed send(int partition, Sale sale, Schema writer) {
    RecordMetadata sent = sendRaw(partition, sale.encode(writer));
    return new Placed(sale, sent.partition(), sent.offset());
  }

  public List<Placed> sendAll(int partition, List<Sale> sales, Schema writer) {
    List<Placed> placed = new ArrayList<>();
    List<Future<RecordMetadata>> acks = new ArrayList<>();
    for (Sale sale : sales) {
      acks.add(producer.send(new ProducerRecord<>(topic, partition, null, sale.encode(writer))));
    }
    for (int i = 0; i < acks.size(); i++) {
      placed.add(new Placed(sales.get(i), partition, done(acks.get(i)).offset()));
    }
    return placed;
  }

  public RecordMetadata sendRaw(int partition, byte[] value) {
    return done(
        producer.send(
            new ProducerRecord<>(topic, partition, "key".getBytes(StandardCharsets.UTF_8), value)));
  }

  private static <T> T done(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a plain committed reader is given of the whole topic. */
  public List<ConsumerRecord<byte[], byte[]>> delivered() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    Map<String, Object> settings =
        LogClients.consumer(new KafkaSettings(servers.kafka().bootstrapServers(), TIMEOUT));
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      for (TopicPartition partition : partitions) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, begins.get(partition));
        while (consumer.position(partition) < ends.get(partition)) {
          consumer.poll(Duration.ofMillis(50)).forEach(records::add);
        }
      }
    }
    return records;
  }

  // ---- master

  public Archive archive(Schema pinned) {
    return new Archive(config(), views(pinned), Sale.SCHEMAS, clock());
  }

  public MasterDataset dataset() throws IOException {
    return MasterDataset.open(conf, conf.get("lambda.master"), topic);
  }

  /** What the archive has committed. */
  public List<ArchiveManifest> manifests() throws IOException {
    return dataset().manifests().stream()
        .map(StoredManifest::manifest)
        .filter(ArchiveManifest.class::isInstance)
        .map(ArchiveManifest.class::cast)
        .toList();
  }

  /** All rows of the files that these manifests list, as Parquet's own Avro reader gives them. */
  public List<GenericRecord> rows(List<ArchiveManifest> manifests) throws IOException {
    List<GenericRecord> rows = new ArrayList<>();
    for (ArchiveManifest manifest : manifests) {
      for (DataFile file : manifest.files()) {
        rows.addAll(read(file.path()));
      }
    }
    return rows;
  }

  public List<GenericRecord> read(String path) throws IOException {
    List<GenericRecord> rows = new ArrayList<>();
    Configuration plain = new Configuration(conf);
    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(
                HadoopInputFile.fromPath(dataset().resolve(path), plain))
            .withDataModel(GenericData.get())
            .withConf(plain)
            .build()) {
      for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
        rows.add(row);
      }
    }
    return rows;
  }

  /**
   * Every file below the scene's folders, with its length: what is on HDFS of this test, but for
   * the list of the topic's partitions, which is written before anything is read.
   */
  public Map<String, Long> everything() throws IOException {
    Map<String, Long> files = new TreeMap<>();
    try (FileSystem fileSystem = servers.hdfs().fileSystem()) {
      Path root = new Path("/scene/" + topic);
      if (!fileSystem.exists(root)) {
        return files;
      }
      RemoteIterator<LocatedFileStatus> all = fileSystem.listFiles(root, true);
      while (all.hasNext()) {
        FileStatus file = all.next();
        String path = file.getPath().toUri().getPath();
        if (!path.contains("/_partitions/")) {
          files.put(path, file.getLen());
        }
      }
    }
    return files;
  }
}
