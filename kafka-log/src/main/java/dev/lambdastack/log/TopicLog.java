package dev.lambdastack.log;

import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.TimestampType;

/**
 * A topic as both layers see it: committed records only, in the order of the log. Every method that
 * asks Kafka waits at most the timeout for an answer. Thread-safe, one call at a time.
 */
public final class TopicLog implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaSettings kafka;
  private final String topic;
  private final Admin admin;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String topicId;
  private final SortedSet<Integer> partitions;
  private KafkaProducer<byte[], byte[]> producer;

  private TopicLog(
      KafkaSettings kafka, String topic, Admin admin, KafkaConsumer<byte[], byte[]> consumer) {
    this.kafka = kafka;
    this.topic = topic;
    this.admin = admin;
    this.consumer = consumer;
    TopicDescription description = describe();
    this.topicId = description.topicId().toString();
    this.partitions = Collections.unmodifiableSortedSet(partitionsOf(description));
  }

  /**
   * Opens a topic that exists.
   *
   * @param kafka its timeout is how long any call may wait for Kafka
   * @throws InvalidInputException when there is no such topic, the login is refused, no client can
   *     be made of the settings, or we may not look at it
   * @throws UnavailableException when no broker answers
   */
  public static TopicLog open(KafkaSettings kafka, String topic) {
    Admin admin = null;
    KafkaConsumer<byte[], byte[]> consumer = null;

    try {
      admin = Admin.create(LogClients.admin(kafka));
      Map<String, Object> lookUps = LogClients.consumer(kafka);
      // A fetch that waits at the end of one partition would hold up the next look-up.
      lookUps.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 10);
      consumer = new KafkaConsumer<>(lookUps);
      return new TopicLog(kafka, topic, admin, consumer);
    } catch (RuntimeException e) {
      if (consumer != null) {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
      if (admin != null) {
        admin.close(Duration.ZERO);
      }

      if (e instanceof LambdaException) {
        throw e;
      }
      throw admin == null && isOfClientKeys(kafka, e)
          ? new InvalidInputException(
              "Cannot make a client for Kafka at %s: %s; check the keys lambda.kafka.client.*"
                  .formatted(kafka.bootstrapServers(), LambdaException.rootMessage(e)),
              e)
          : unreachable(kafka, topic, e);
    }
  }

  /**
   * Whether no client could be made of what a person has set; the other reason is a host's name.
   */
  private static boolean isOfClientKeys(KafkaSettings kafka, RuntimeException e) {
    return !kafka.client().isEmpty() && !(e.getCause() instanceof ConfigException);
  }

  public String topic() {
    return topic;
  }

  /** Kafka's id of the topic; a topic that is deleted and made again has another. */
  public String topicId() {
    return topicId;
  }

  /** The partitions that the topic had when it was opened. */
  public SortedSet<Integer> partitions() {
    return partitions;
  }

  /** The partitions that the topic has now. */
  public synchronized SortedSet<Integer> currentPartitions() {
    return partitionsOf(describe());
  }

  /**
   * Refuses when the topic is no longer the one that was opened.
   *
   * @throws PartitionsAddedException when it has more partitions
   * @throws InvalidInputException when it was deleted, be it that it was made again
   */
  public synchronized void checkUnchanged() {
    TopicDescription now = describe();
    if (!now.topicId().toString().equals(topicId)) {
      throw new InvalidInputException(
          "Cannot go on with topic %s: it was deleted and made again meanwhile (topic id %s, now %s)"
              .formatted(topic, topicId, now.topicId()));
    }
    if (!partitionsOf(now).equals(partitions)) {
      throw new PartitionsAddedException(topic, partitions, partitionsOf(now));
    }
  }

  /**
   * Refuses a topic whose records we may not read, as a consumer would when it reads the first.
   *
   * @throws InvalidInputException when no access rule lets us
   */
  public synchronized void checkReadable() {
    DescribeTopicsOptions withRules = new DescribeTopicsOptions().includeAuthorizedOperations(true);
    TopicDescription description =
        ask(
            () -> admin.describeTopics(List.of(topic), withRules).topicNameValues().get(topic),
            "access rules");
    Set<AclOperation> allowed = description.authorizedOperations();
    // A broker that does not know says nothing.
    if (allowed != null && !allowed.contains(AclOperation.READ)) {
      throw told(new TopicAuthorizationException(Set.of(topic)));
    }
  }

  /**
   * Refuses a topic whose log time cannot be trusted.
   *
   * @throws InvalidInputException when the topic is compacted or its records are stamped by
   *     producers
   */
  public synchronized void checkSettings() {
    Config config = settings();
    String stamps = value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG);
    if (!stamps.equals("LogAppendTime")) {
      throw new InvalidInputException(
          "Cannot use topic %s: expected message.timestamp.type=LogAppendTime, found %s; run kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config message.timestamp.type=LogAppendTime before the first event"
              .formatted(topic, stamps, kafka.bootstrapServers(), topic));
    }

    String cleanup = value(config, TopicConfig.CLEANUP_POLICY_CONFIG);
    if (cleanup.contains("compact")) {
      throw new InvalidInputException(
          "Cannot use topic %s: it is compacted, so events vanish from it (expected cleanup.policy=delete, found %s); run kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config cleanup.policy=delete"
              .formatted(topic, cleanup, kafka.bootstrapServers(), topic));
    }
  }

  /**
   * Refuses a topic that does not keep the newest record of each key, as a dimension must.
   *
   * @throws InvalidInputException when the topic is not compacted, or loses old records besides
   */
  public synchronized void checkCompacted() {
    String cleanup = value(settings(), TopicConfig.CLEANUP_POLICY_CONFIG);
    if (!cleanup.equals("compact")) {
      throw new InvalidInputException(
          "Cannot use topic %s as a dimension: ids would vanish from it with time (expected cleanup.policy=compact, found %s); run kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config cleanup.policy=compact"
              .formatted(topic, cleanup, kafka.bootstrapServers(), topic));
    }
  }

  /** How many bytes a batch of records may have on this topic; a record alone is one too. */
  public synchronized int maxMessageBytes() {
    return Integer.parseInt(value(settings(), TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
  }

  private Config settings() {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return ask(() -> admin.describeConfigs(List.of(resource)).values().get(resource), "settings");
  }

  private static String value(Config config, String name) {
    ConfigEntry entry = config.get(name);
    return entry == null || entry.value() == null ? "" : entry.value();
  }

  /** The partitions of which a replica is not in sync now. */
  public synchronized SortedSet<Integer> partitionsOutOfSync() {
    return describe().partitions().stream()
        .filter(p -> p.isr().size() < p.replicas().size())
        .map(p -> p.partition())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The offset of the first record that the log still has, for each partition. */
  public synchronized Map<Integer, Long> beginOffsets() {
    return byPartition(waiting(() -> consumer.beginningOffsets(topicPartitions(partitions))));
  }

  /**
   * The offset behind the last record that committed readers may see, for each partition: no later
   * than the first record of an open transaction.
   */
  public synchronized Map<Integer, Long> endOffsets() {
    return byPartition(waiting(() -> consumer.endOffsets(topicPartitions(partitions))));
  }

  /**
   * Returns when every partition's leader answers. A producer that begins before then may wait in
   * vain: where the first batch to a new topic finds no leader and the second does, the broker
   * takes the second, and refuses the first for ever as out of order.
   */
  public synchronized void awaitLeaders() {
    endOffsets();
  }

  /**
   * The offset behind the last record that all replicas in sync have, for each partition: beyond
   * {@link #endOffsets} while a transaction is open.
   */
  public synchronized Map<Integer, Long> highWatermarks() {
    Map<TopicPartition, OffsetSpec> latest =
        topicPartitions(partitions).stream()
            .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
    Map<Integer, Long> offsets = new TreeMap<>();
    ask(() -> admin.listOffsets(latest).all(), "end offsets")
        .forEach((p, found) -> offsets.put(p.partition(), found.offset()));
    return offsets;
  }

  /**
   * For each partition the offset of the first delivered record whose append time reaches the log
   * time. Once found, it never changes.
   *
   * @param logTimeMillis milliseconds since 1970
   * @return without the partitions that have no such record that committed readers may see
   * @throws InvalidInputException when a record was not stamped by the broker
   */
  public synchronized Map<Integer, Long> boundaries(long logTimeMillis) {
    Map<Integer, Long> offsets = new TreeMap<>();
    boundaryRecords(logTimeMillis, partitions).forEach((p, b) -> offsets.put(p, b.offset()));
    return offsets;
  }

  /** {@link #boundaries} of some partitions, with what is known of the records there. */
  public synchronized Map<Integer, Boundary> boundaryRecords(
      long logTimeMillis, Collection<Integer> of) {
    Map<TopicPartition, Long> ends = waiting(() -> consumer.endOffsets(topicPartitions(of)));
    Map<TopicPartition, Long> times =
        topicPartitions(of).stream().collect(Collectors.toMap(p -> p, p -> logTimeMillis));
    Map<TopicPartition, OffsetAndTimestamp> index = waiting(() -> consumer.offsetsForTimes(times));

    // The index counts aborted records and markers too: from there on, what is delivered decides.
    Map<TopicPartition, Long> starts = new HashMap<>();
    index.forEach(
        (partition, found) -> {
          if (found != null) {
            starts.put(partition, found.offset());
          }
        });

    return firstAtOrAfter(logTimeMillis, starts, ends);
  }

  /**
   * The append time, in milliseconds since 1970, of the oldest record over all partitions that is
   * still there; empty when the topic is empty. No record has an earlier log time.
   */
  public synchronized OptionalLong oldestAppendTime() {
    Map<TopicPartition, Long> ends =
        waiting(() -> consumer.endOffsets(topicPartitions(partitions)));
    Map<TopicPartition, Long> starts =
        waiting(() -> consumer.beginningOffsets(topicPartitions(partitions)));
    return firstAtOrAfter(Long.MIN_VALUE, starts, ends).values().stream()
        .mapToLong(Boundary::appendTimeMillis)
        .min();
  }

  /**
   * In each of these partitions the first record at or behind the offset that committed readers may
   * see; without those that have none.
   *
   * @param offsets not before {@link #beginOffsets}
   */
  public synchronized Map<Integer, Boundary> recordsFrom(Map<Integer, Long> offsets) {
    Map<TopicPartition, Long> starts = new HashMap<>();
    offsets.forEach((p, offset) -> starts.put(new TopicPartition(topic, p), offset));
    Map<TopicPartition, Long> ends = waiting(() -> consumer.endOffsets(starts.keySet()));
    return firstAtOrAfter(Long.MIN_VALUE, starts, ends);
  }

  /**
   * The partitions whose log was cut off before these positions, be it that others have written on
   * since: an unclean leader election does that.
   *
   * @param positions by partition: an offset, and the leader epoch of the record right before it.
   *     Those that retention has passed are not found to be cut off
   */
  public synchronized SortedSet<Integer> cutOff(Map<Integer, OffsetAndMetadata> positions) {
    SortedSet<Integer> cutOff = new TreeSet<>();
    Set<TopicPartition> pending = topicPartitions(positions.keySet());
    consumer.assign(pending);

    // A position is compared only where the partition's present leader is known.
    waiting(() -> consumer.endOffsets(pending));
    pending.forEach(p -> consumer.seek(p, positions.get(p.partition())));

    while (!pending.isEmpty()) {
      try {
        pending.forEach(p -> waiting(() -> consumer.position(p)));
        pending.clear();
      } catch (LogTruncationException e) {
        e.partitions().forEach(p -> cutOff.add(p.partition()));
        pending.removeAll(e.partitions());
        consumer.assign(pending);
      }
    }

    consumer.assign(List.of());
    return cutOff;
  }

  /** How long the broker keeps a record at most; empty where time removes none. */
  public synchronized Optional<Duration> retention() {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config =
        ask(() -> admin.describeConfigs(List.of(resource)).values().get(resource), "settings");
    long millis = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG));
    return millis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
  }

  /**
   * Appends a tick to each of these partitions and waits until all replicas in sync have it.
   *
   * @throws InvalidInputException when we may not write to the topic
   */
  public synchronized void tick(Collection<Integer> of) {
    if (producer == null) {
      producer = new KafkaProducer<>(LogClients.producer(kafka));
    }
    List<Future<?>> acks =
        of.stream().<Future<?>>map(p -> producer.send(Tick.record(topic, p))).toList();
    for (Future<?> ack : acks) {
      ask(ack, "acknowledgement of a tick");
    }
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(kafka.timeout());
    }
    consumer.close(CloseOptions.timeout(kafka.timeout()));
    admin.close(kafka.timeout());
  }

  /** In each partition the first record from its start on whose append time reaches the time. */
  private Map<Integer, Boundary> firstAtOrAfter(
      long timeMillis, Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
    Map<Integer, Boundary> found = new TreeMap<>();
    Set<TopicPartition> pending = new LinkedHashSet<>(starts.keySet());
    pending.removeIf(p -> starts.get(p) >= ends.get(p));

    consumer.assign(pending);
    pending.forEach(p -> consumer.seek(p, starts.get(p)));

    long deadline = System.nanoTime() + kafka.timeout().toNanos();
    while (!pending.isEmpty()) {
      boolean progress = false;
      for (ConsumerRecord<byte[], byte[]> record : waiting(() -> consumer.poll(POLL))) {
        progress = true;
        TopicPartition partition = new TopicPartition(topic, record.partition());
        if (pending.contains(partition) && appendTime(record) >= timeMillis) {
          found.put(record.partition(), boundary(record));
          pending.remove(partition);
        }
      }

      pending.removeIf(p -> consumer.position(p) >= ends.get(p));
      if (!consumer.assignment().equals(pending)) {
        consumer.assign(pending);
        progress = true;
      }

      long now = System.nanoTime();
      if (progress) {
        deadline = now + kafka.timeout().toNanos();
      } else if (now - deadline > 0) {
        throw unreachable(kafka, topic, new TimeoutException("no records delivered"));
      }
    }

    consumer.assign(List.of());
    return found;
  }

  private static Boundary boundary(ConsumerRecord<?, ?> record) {
    OptionalInt leaderEpoch =
        record.leaderEpoch().map(OptionalInt::of).orElseGet(OptionalInt::empty);
    return new Boundary(record.offset(), record.timestamp(), leaderEpoch);
  }

  /**
   * When the broker appended the record, in milliseconds since 1970.
   *
   * @throws InvalidInputException when the record was stamped by its producer
   */
  public static long appendTime(ConsumerRecord<?, ?> record) {
    if (record.timestampType() != TimestampType.LOG_APPEND_TIME) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot use topic %s: the record at partition %d offset %d was stamped by its producer (expected LogAppendTime, found %s); events from before message.timestamp.type was changed cannot be used: take a new topic",
              record.topic(),
              record.partition(),
              record.offset(),
              record.timestampType()));
    }
    return record.timestamp();
  }

  private TopicDescription describe() {
    return ask(
        () -> admin.describeTopics(List.of(topic)).topicNameValues().get(topic), "description");
  }

  private static SortedSet<Integer> partitionsOf(TopicDescription description) {
    return description.partitions().stream()
        .map(p -> p.partition())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<TopicPartition> topicPartitions(Collection<Integer> of) {
    return of.stream().map(p -> new TopicPartition(topic, p)).collect(Collectors.toSet());
  }

  private static Map<Integer, Long> byPartition(Map<TopicPartition, Long> offsets) {
    Map<Integer, Long> byPartition = new TreeMap<>();
    offsets.forEach((p, offset) -> byPartition.put(p.partition(), offset));
    return byPartition;
  }

  private <T> T waiting(Supplier<T> call) {
    try {
      return call.get();
    } catch (KafkaException e) {
      throw told(e);
    }
  }

  private <T> T ask(Supplier<KafkaFuture<T>> call, String what) {
    return ask(call.get().toCompletionStage().toCompletableFuture(), what);
  }

  private <T> T ask(Future<T> future, String what) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException kafka) {
        throw told(kafka);
      }
      throw new IllegalStateException("No " + what + " of topic " + topic, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for Kafka", e);
    }
  }

  /** What kind of fault it is; one that we do not know is left as it is. */
  private RuntimeException told(KafkaException e) {
    if (e instanceof UnknownTopicOrPartitionException || e instanceof InvalidTopicException) {
      return new InvalidInputException(
          "No topic '%s' on Kafka at %s; run kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 3 --config message.timestamp.type=LogAppendTime"
              .formatted(topic, kafka.bootstrapServers(), kafka.bootstrapServers(), topic),
          e);
    }

    if (e instanceof RetriableException) {
      return unreachable(kafka, topic, e);
    }

    if (e instanceof AuthenticationException) {
      return new InvalidInputException(
          "Cannot log in to Kafka at %s for topic %s: %s; check the keys lambda.kafka.client.sasl.* and lambda.kafka.client.ssl.*"
              .formatted(kafka.bootstrapServers(), topic, LambdaException.rootMessage(e)),
          e);
    }

    if (e instanceof AuthorizationException) {
      return new InvalidInputException(
          "Not allowed on topic %s of Kafka at %s: %s; grant it (or, where only writing is forbidden, set lambda.tick=false)"
              .formatted(topic, kafka.bootstrapServers(), e.getMessage()),
          e);
    }

    return e;
  }

  private static UnavailableException unreachable(
      KafkaSettings kafka, String topic, Throwable cause) {
    return new UnavailableException(
        String.format(
            Locale.ROOT,
            "Cannot reach Kafka at %s for topic %s within %d ms: %s; check lambda.kafka.bootstrap-servers, that the broker runs, and whether it expects TLS or a login (lambda.kafka.client.*)",
            kafka.bootstrapServers(),
            topic,
            kafka.timeout().toMillis(),
            LambdaException.rootMessage(cause)),
        cause);
  }
}
