package dev.lambdastack.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.FileLogInputStream;
import org.apache.kafka.common.record.FileRecords;
import org.apache.kafka.common.utils.Utils;

/**
 * One Kafka node, broker and controller (KRaft), in this JVM.
 *
 * <pre>{@code
 * try (EmbeddedKafka kafka = EmbeddedKafka.builder().start()) {
 *   kafka.createTopic("orders", 3, Map.of());
 *   … kafka.bootstrapServers() …
 * }
 * }</pre>
 *
 * <p>Topics are made by {@link #createTopic} only (automatic creation is off) and keep their
 * records for ever unless their own configuration says otherwise. {@link #stop} and {@link #start}
 * restart the node on the same port with the same data. {@link #shiftClock} moves the clock that
 * stamps records.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedKafka implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PORT_TRIES = 5;
  private static final Map<String, String> TOPIC_DEFAULTS =
      Map.of("message.timestamp.type", "LogAppendTime");

  private final ScratchFolder scratch;
  private final Path data;
  private final ShiftedTime time;
  private final Map<String, String> overrides;
  private final Optional<SecuredListener> secured;
  private int brokerPort;
  private int securedPort;
  private int controllerPort;
  private KafkaRaftServer server;

  private EmbeddedKafka(
      ScratchFolder scratch,
      Path data,
      Map<String, String> overrides,
      Optional<SecuredListener> secured) {
    this.scratch = scratch;
    this.data = data;
    this.overrides = overrides;
    this.secured = secured;
    this.time = new ShiftedTime();
  }

  /** A builder whose defaults are: data in a temporary folder, the system's clock. */
  public static Builder builder() {
    return new Builder();
  }

  /** {@code localhost:<port>}, the same before and after a restart. */
  public synchronized String bootstrapServers() {
    return "localhost:" + brokerPort;
  }

  /**
   * {@code localhost:<port>} of the listener that asks for TLS and a login, see {@link
   * Builder#secured}; the same before and after a restart.
   */
  public synchronized String securedServers() {
    securedListener();
    return "localhost:" + securedPort;
  }

  /**
   * Kafka's own keys by which a client logs in at {@link #securedServers}: protocol, login and
   * trust store.
   */
  public Map<String, String> securedClient() {
    return securedListener().client();
  }

  private SecuredListener securedListener() {
    return secured.orElseThrow(
        () -> new IllegalStateException("Kafka was started without a secured listener"));
  }

  /**
   * Creates a topic as {@link #createTopic(String, int, Map)} does, with no further configuration.
   */
  public void createTopic(String name, int partitions) throws IOException {
    createTopic(name, partitions, Map.of());
  }

  /**
   * Creates a topic with one replica and returns when every partition has its leader.
   *
   * @param configs the topic's configuration; {@code message.timestamp.type} is {@code
   *     LogAppendTime} unless given
   * @throws IOException when the broker refuses (the topic exists, a configuration is invalid) or
   *     does not answer
   */
  public void createTopic(String name, int partitions, Map<String, String> configs)
      throws IOException {
    Map<String, String> merged = new HashMap<>(TOPIC_DEFAULTS);
    merged.putAll(configs);

    try (Admin admin = admin()) {
      admin
          .createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(merged)))
          .all()
          .get();
      Await.until("the leaders of topic " + name, LIMIT, () -> hasLeaders(admin, name, partitions));
      // Metadata knows the leader before the leader knows itself. An idempotent producer can never
      // deliver a first batch that came too early when its second batch did not.
      admin.listOffsets(ends(name, partitions)).all().get();
    } catch (ExecutionException e) {
      throw new IOException(
          "Cannot create topic " + name + ": " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while creating topic " + name, e);
    }
  }

  private static Map<TopicPartition, OffsetSpec> ends(String name, int partitions) {
    return IntStream.range(0, partitions)
        .boxed()
        .collect(Collectors.toMap(p -> new TopicPartition(name, p), p -> OffsetSpec.latest()));
  }

  private static boolean hasLeaders(Admin admin, String name, int partitions) throws Exception {
    TopicDescription topic = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    return topic.partitions().size() == partitions
        && topic.partitions().stream().allMatch(p -> p.leader() != null && !p.leader().isEmpty());
  }

  /** A new admin client for this node; the caller closes it. */
  public Admin admin() {
    return Admin.create(
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers(),
            AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG,
            "20"));
  }

  /**
   * Sets how far the clock that stamps records stands off the system's, from the next record on; it
   * stays over a restart. A step back stamps records earlier than those before them, as a leader
   * change between hosts does.
   */
  public void shiftClock(Duration shift) {
    time.shiftTo(shift);
  }

  /** The present shift of the broker's clock; zero at first. */
  public Duration clockShift() {
    return time.shift();
  }

  /** Starts the node again after {@link #stop}; does nothing when it runs. */
  public synchronized void start() throws IOException {
    if (server == null) {
      server = startServer();
    }
  }

  /** Stops the node in an orderly way; data and port stay. Does nothing when it does not run. */
  public synchronized void stop() {
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
      server = null;
    }
  }

  /**
   * Cuts a partition's log off, as an unclean leader election does: the node, which must be
   * stopped, has no record from the offset on when it starts again, and goes on there in a later
   * leader epoch.
   *
   * @param offset of the first record of a batch
   */
  public synchronized void cutOff(String topic, int partition, long offset) throws IOException {
    if (server != null) {
      throw new IllegalStateException("Kafka runs: stop it before a log is cut off");
    }

    List<Path> files;
    try (Stream<Path> all = Files.list(data.resolve(topic + "-" + partition))) {
      files = all.sorted().toList();
    }

    boolean first = true;
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (name.endsWith("index") || name.endsWith(".snapshot")) {
        // Kafka makes them again from the log.
        Files.delete(file);
      } else if (name.endsWith(".log")) {
        if (first || Long.parseLong(name.substring(0, name.indexOf('.'))) < offset) {
          cutOff(file, offset);
        } else {
          Files.delete(file);
        }
        first = false;
      }
    }
  }

  private static void cutOff(Path segment, long offset) throws IOException {
    try (FileRecords records = FileRecords.open(segment.toFile())) {
      int position = 0;
      for (FileLogInputStream.FileChannelRecordBatch batch : records.batches()) {
        if (batch.baseOffset() >= offset) {
          break;
        }
        if (batch.lastOffset() >= offset) {
          throw new IllegalArgumentException(
              "offset " + offset + " is amid the batch from " + batch.baseOffset() + " on");
        }
        position += batch.sizeInBytes();
      }

      records.truncateTo(position);
    }
  }

  /**
   * Stops the node and deletes its data, unless the builder was given a folder. Twice is harmless.
   */
  @Override
  public synchronized void close() throws IOException {
    stop();
    scratch.close();
  }

  private synchronized void firstStart() throws IOException {
    for (int attempt = 1; ; attempt++) {
      brokerPort = FreePorts.next();
      controllerPort = FreePorts.next();
      securedPort = FreePorts.next();

      try {
        if (!Files.exists(data.resolve("meta.properties"))) {
          format();
        }
        server = startServer();
        return;
      } catch (IOException e) {
        // Another process may have taken a port since we looked.
        if (attempt == PORT_TRIES || !causedByBind(e)) {
          throw e;
        }
      }
    }
  }

  private static boolean causedByBind(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof BindException) {
        return true;
      }
    }
    return false;
  }

  private KafkaRaftServer startServer() throws IOException {
    KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(properties()), time);
    try {
      starting.startup();
      return starting;
    } catch (RuntimeException e) {
      starting.shutdown();
      starting.awaitShutdown();
      throw new IOException(
          "Cannot start Kafka at " + bootstrapServers() + ": " + e.getMessage(), e);
    }
  }

  private void format() throws IOException {
    Path config = scratch.path().resolve("server.properties");
    try (Writer out = Files.newBufferedWriter(config, StandardCharsets.ISO_8859_1)) {
      properties().store(out, null);
    }

    List<String> format = new ArrayList<>();
    format.addAll(List.of("format", "-t", Uuid.randomUuid().toString(), "-c", config.toString()));
    secured.ifPresent(listener -> format.addAll(List.of("--add-scram", listener.credential())));

    try (PrintStream quiet =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      if (StorageTool.execute(format.toArray(String[]::new), quiet) != 0) {
        throw new IOException("Cannot format " + data + " for Kafka");
      }
    }
  }

  private Properties properties() {
    Map<String, String> p = new HashMap<>();
    p.put("process.roles", "broker,controller");
    p.put("node.id", "1");
    p.put("controller.quorum.voters", "1@localhost:" + controllerPort);
    p.put(
        "listeners",
        "PLAINTEXT://localhost:" + brokerPort + ",CONTROLLER://localhost:" + controllerPort);
    p.put("controller.listener.names", "CONTROLLER");
    p.put("log.dirs", data.toString());
    p.put("auto.create.topics.enable", "false");
    p.put("log.retention.ms", "-1");

    // One node: one replica of everything, and few partitions of what Kafka keeps for itself.
    for (String topic :
        List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
      p.put(topic + ".replication.factor", "1");
      p.put(topic + ".num.partitions", "1");
    }
    p.put("transaction.state.log.min.isr", "1");
    p.put("share.coordinator.state.topic.min.isr", "1");
    p.put("group.initial.rebalance.delay.ms", "0");

    // A busy machine must not make the node lose itself.
    p.put("broker.session.timeout.ms", "30000");
    p.put("broker.heartbeat.interval.ms", "500");

    // Small memory: the cleaner alone takes 128 MiB by default.
    p.put("log.cleaner.dedupe.buffer.size", "2097152");
    p.put("log.cleaner.io.buffer.size", "65536");
    p.put("num.network.threads", "2");
    p.put("num.io.threads", "4");
    p.put("background.threads", "2");
    p.put("num.recovery.threads.per.data.dir", "1");
    p.put("group.coordinator.threads", "1");
    p.put("share.coordinator.threads", "1");

    secured.ifPresent(
        listener -> {
          p.merge(
              "listeners",
              SecuredListener.NAME + "://localhost:" + securedPort,
              (others, ours) -> others + "," + ours);
          p.put(
              "listener.security.protocol.map",
              "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL");
          p.putAll(listener.broker());
        });

    p.putAll(overrides);
    return Utils.mkProperties(p);
  }

  /** What an {@link EmbeddedKafka} is started with. Not thread-safe. */
  public static final class Builder {
    private final Map<String, String> overrides = new HashMap<>();
    private Path dataDir;
    private Duration clockShift = Duration.ZERO;
    private String user;
    private String password;

    private Builder() {}

    /** Keeps the data in this folder, which is not deleted by {@link EmbeddedKafka#close}. */
    public Builder dataDir(Path folder) {
      this.dataDir = Objects.requireNonNull(folder);
      return this;
    }

    /** The broker's clock at the start, see {@link EmbeddedKafka#shiftClock}. */
    public Builder clockShift(Duration shift) {
      this.clockShift = Objects.requireNonNull(shift);
      return this;
    }

    /**
     * Opens one more listener, {@link EmbeddedKafka#securedServers}, which takes clients by TLS and
     * this login alone.
     *
     * @param password without commas and quotes; at least 6 characters
     */
    public Builder secured(String user, String password) {
      this.user = Objects.requireNonNull(user);
      this.password = Objects.requireNonNull(password);
      return this;
    }

    /** Sets a property of the broker. */
    public Builder property(String key, String value) {
      overrides.put(Objects.requireNonNull(key), Objects.requireNonNull(value));
      return this;
    }

    /**
     * Formats the data folder (unless it is), starts the node and returns when it serves clients.
     */
    public EmbeddedKafka start() throws IOException {
      ScratchFolder scratch = ScratchFolder.create("kafka");
      Path data = dataDir == null ? scratch.path().resolve("data") : dataDir;
      Optional<SecuredListener> secured =
          user == null
              ? Optional.empty()
              : Optional.of(
                  SecuredListener.create(user, password, scratch.path().resolve("certificates")));
      EmbeddedKafka kafka = new EmbeddedKafka(scratch, data, Map.copyOf(overrides), secured);

      try {
        kafka.shiftClock(clockShift);
        kafka.firstStart();
        return kafka;
      } catch (IOException | RuntimeException e) {
        Closing.closeAfter(e, kafka);
        throw e;
      }
    }
  }
}
