package dev.lambdastack.speed.source;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.plan.SpeedPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where records that are no events go, for a person to see at once; the archive keeps them in any
 * case. The value is the record's own; headers say where it stood and why it is no event. Made with
 * the first one, where it does not exist.
 *
 * <p>Never holds up the job and never fails it: sending is another thread's work, and what cannot
 * be sent is counted. After a restore records may be sent again; their keys are the same.
 */
final class DeadLetterTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterTopic.class);
  private static final long MAX_BYTES = 16 << 20;
  private static final int OVERHEAD_BYTES = 200;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);
  private static final Duration WARN_PAUSE = Duration.ofMinutes(1);

  private final SpeedPlan plan;
  private final String name;
  private final LinkedBlockingQueue<ProducerRecord<byte[], byte[]>> waiting =
      new LinkedBlockingQueue<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong lastWarned = new AtomicLong(System.nanoTime() - WARN_PAUSE.toNanos());
  private volatile boolean isClosing;
  private Thread thread;

  DeadLetterTopic(SpeedPlan plan, String name) {
    this.plan = plan;
    this.name = name;
  }

  /** How many records were not sent. */
  long lost() {
    return lost.get();
  }

  /** Sends a record some time soon, or counts it as lost. Called by one thread. */
  void send(Envelope envelope, Rejection rejection) {
    long size = sizeOf(envelope.value());
    if (waitingBytes.get() + size > MAX_BYTES) {
      lose("Kafka takes them too slowly");
      return;
    }

    waitingBytes.addAndGet(size);
    waiting.add(record(envelope, rejection));

    if (thread == null) {
      thread = new Thread(this::run, "lambda-speed-dead-letters");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static long sizeOf(byte[] value) {
    return (value == null ? 0 : value.length) + (long) OVERHEAD_BYTES;
  }

  private ProducerRecord<byte[], byte[]> record(Envelope envelope, Rejection rejection) {
    String key =
        String.format(
            Locale.ROOT, "%s:%d:%d", plan.topic(), envelope.partition(), envelope.offset());
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(name, null, null, utf8(key), envelope.value());

    Map.of(
            "lambda-topic", plan.topic(),
            "lambda-partition", Integer.toString(envelope.partition()),
            "lambda-offset", Long.toString(envelope.offset()),
            "lambda-append-time", Instant.ofEpochMilli(envelope.appendTimeMillis()).toString(),
            "lambda-reason", rejection.reason().name(),
            "lambda-detail", rejection.detail())
        .forEach((header, text) -> record.headers().add(header, utf8(text)));

    return record;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void run() {
    create();
    Map<String, Object> settings = LogClients.producer(plan.kafka());
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, (int) MAX_BYTES);
    KafkaProducer<byte[], byte[]> producer = null;

    try {
      while (!isClosing || !waiting.isEmpty()) {
        ProducerRecord<byte[], byte[]> record = waiting.poll(100, TimeUnit.MILLISECONDS);
        if (record != null) {
          producer = send(producer, settings, record);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (producer != null) {
        close(producer);
      }
    }
  }

  private static void close(KafkaProducer<byte[], byte[]> producer) {
    try {
      producer.close();
    } catch (InterruptException e) {
      // Whoever closes the task has waited long enough: what is left is not sent.
      producer.close(Duration.ZERO);
    }
  }

  /**
   * Sends it, or counts it as lost.
   *
   * @param open null where none could be made yet: where Kafka's address is not known, say
   * @return the producer for the next one, or null
   */
  private KafkaProducer<byte[], byte[]> send(
      KafkaProducer<byte[], byte[]> open,
      Map<String, Object> settings,
      ProducerRecord<byte[], byte[]> record) {
    long size = sizeOf(record.value());
    KafkaProducer<byte[], byte[]> producer = open;

    try {
      if (producer == null) {
        producer = new KafkaProducer<>(settings);
      }
      producer.send(
          record,
          (metadata, problem) -> {
            waitingBytes.addAndGet(-size);
            if (problem != null) {
              lose(problem.getMessage());
            }
          });
    } catch (RuntimeException e) {
      waitingBytes.addAndGet(-size);
      lose(e.getMessage());
    }

    return producer;
  }

  private void create() {
    try (Admin admin = Admin.create(LogClients.admin(plan.kafka()))) {
      admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.empty()))).all().get();
      // Its leader answers: see TopicLog.awaitLeaders.
      admin.listOffsets(Map.of(new TopicPartition(name, 0), OffsetSpec.latest())).all().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // It may be there all the same, or be made by sending: that is tried next.
      if (!(e.getCause() instanceof TopicExistsException)) {
        LOG.warn("Cannot make topic {} for dead letters: {}", name, e.getMessage());
      }
    }
  }

  private void lose(String why) {
    long count = lost.incrementAndGet();
    long last = lastWarned.get();
    long now = System.nanoTime();
    if (now - last >= WARN_PAUSE.toNanos() && lastWarned.compareAndSet(last, now)) {
      LOG.warn(
          "Cannot send dead letters of topic {} to topic {} ({} so far; the archive has them): {}",
          plan.topic(),
          name,
          count,
          why);
    }
  }

  /** Sends what waits, if Kafka takes it at once. */
  @Override
  public void close() throws InterruptedException {
    isClosing = true;
    if (thread != null) {
      thread.join(CLOSE_LIMIT.toMillis());
      thread.interrupt();
    }
  }
}
