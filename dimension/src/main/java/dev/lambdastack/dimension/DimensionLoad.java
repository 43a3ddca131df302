package dev.lambdastack.dimension;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.DimensionStore.Change;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One load of a dimension: its topic from the beginning into a table of its own, which answers from
 * the moment it has caught up, and each change after that. Holds no state that a restart would have
 * to find again: the next load reads the topic anew. For one thread, but for {@link #stop}.
 */
public final class DimensionLoad implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DimensionLoad.class);
  private static final Duration POLL = Duration.ofMillis(100);

  /** How often readers are told up to when the dimension is whole, while nothing changes. */
  private static final Duration ROUND = Duration.ofMillis(500);

  private final String topic;
  private final Clock clock;
  private final TopicLog log;
  private final Connection hbase;
  private final DimensionStore store;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Set<TopicPartition> partitions;
  private final DimensionRecords records;
  private final long number;
  private long changes;
  private long passedOver;
  private volatile boolean stopped;
  private final ReentrantLock following = new ReentrantLock();

  private DimensionLoad(
      EventType dimension,
      SchemaStore schemas,
      LambdaConfig config,
      Clock clock,
      TopicLog log,
      Connection hbase)
      throws IOException {
    this.topic = dimension.topic();
    this.clock = clock;
    this.log = log;
    this.hbase = hbase;
    this.records = new DimensionRecords(dimension, schemas);
    this.store = new DimensionStore(hbase);

    this.partitions =
        log.partitions().stream()
            .map(p -> new TopicPartition(topic, p))
            .collect(Collectors.toSet());

    this.number = store.open(topic, records.attributes());
    this.consumer = new KafkaConsumer<>(LogClients.consumer(config.kafka()));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /**
   * Opens a load; nothing is read yet.
   *
   * @throws InvalidInputException when the topic is missing or is not compacted
   * @throws UnavailableException when Kafka or HBase does not answer
   */
  public static DimensionLoad open(
      EventType dimension, SchemaStore schemas, LambdaConfig config, Clock clock)
      throws IOException {
    FirstContact.kafka(config);
    TopicLog log = TopicLog.open(config.kafka(), dimension.topic());
    Connection hbase = null;

    try {
      log.checkCompacted();
      log.checkReadable();
      hbase = HBaseConnector.connect(config);
      return new DimensionLoad(dimension, schemas, config, clock, log, hbase);
    } catch (IOException | RuntimeException e) {
      log.close();
      if (hbase != null) {
        hbase.close();
      }
      throw e;
    }
  }

  /** The number of the load, in the name of its table. */
  public long number() {
    return number;
  }

  /** How many records were applied, tombstones included. */
  public long changes() {
    return changes;
  }

  /** How many records were passed over, since they are no event of the dimension. */
  public long passedOver() {
    return passedOver;
  }

  /**
   * Applies all that is in the topic now and tells readers: the load answers.
   *
   * @return the time up to which the dimension is whole
   * @throws InvalidInputException when the topic is gone or was made again, or an id changed its
   *     partition
   * @throws LostRaceException when a later load has taken over
   * @throws UnavailableException when Kafka does not answer
   */
  public Instant catchUp() throws IOException {
    Instant now = clock.instant();
    log.checkUnchanged();
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
      if (stopped) {
        return Instant.MIN;
      }
      apply(POLL);
    }

    if (!store.whole(topic, number, now)) {
      throw overtaken(null);
    }

    return now;
  }

  private void apply(Duration wait) throws IOException {
    List<Change> found = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
      DimensionRecords.Read read =
          records.read(record.key(), record.value(), record.partition(), record.offset());
      read.change().ifPresent(found::add);
      if (read.change().isEmpty()) {
        passedOver++;
        LOG.warn(
            "Passed over topic {} partition {} offset {}: {}",
            topic,
            record.partition(),
            record.offset(),
            read.problem());
      }
    }

    if (found.isEmpty()) {
      return;
    }

    try {
      store.put(topic, number, records.attributes(), found);
    } catch (TableNotFoundException e) {
      throw overtaken(e);
    }

    changes += found.size();
  }

  private LostRaceException overtaken(IOException e) {
    return new LostRaceException(
        String.format(
            Locale.ROOT,
            "Load %d of dimension %s ends: a later `lambda dimension %s` has taken over",
            number,
            topic,
            topic),
        e);
  }

  /** Keeps the table up to date until {@link #stop}; waits while Kafka does not answer. */
  public void follow() throws IOException {
    following.lock();
    try {
      followUntilStopped();
    } finally {
      following.unlock();
    }
  }

  private void followUntilStopped() throws IOException {
    while (!stopped) {
      try {
        long due = System.nanoTime() + ROUND.toNanos();
        catchUp();
        while (!stopped && System.nanoTime() < due) {
          apply(POLL);
        }
      } catch (RetriableException | UnavailableException e) {
        LOG.warn("Kafka does not answer for dimension {}; trying again", topic, e);
      }
    }
  }

  /** Ends {@link #follow} soon; from any thread. */
  public void stop() {
    stopped = true;
  }

  /** Ends {@link #follow}, and waits for it at most so long; from any other thread. */
  public void stop(Duration limit) throws InterruptedException {
    stop();

    if (following.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      following.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(5)));
    log.close();
    hbase.close();
  }
}
