package dev.lambdastack.cli.send;

import dev.lambdastack.log.KafkaFault;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.AbstractRecords;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.RecordBatch;

/**
 * Sends records and counts those that all replicas in sync have. A retry of Kafka's client never
 * repeats a record (idempotence); running a command again does. For one thread.
 */
final class EventSender implements AutoCloseable {
  private static final int LINGER_MILLIS = 20;

  /** What Kafka's client sends at once, at most. */
  static final int MAX_RECORD_BYTES = 1 << 20;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private long sent;

  EventSender(LambdaConfig config, String topic) {
    this.topic = topic;
    Map<String, Object> settings = LogClients.producer(config.kafka());
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES);
    settings.computeIfPresent(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
        (key, millis) ->
            (int) Math.min(Integer.MAX_VALUE, (Integer) millis + (long) LINGER_MILLIS));
    this.producer = new KafkaProducer<>(settings);
  }

  /** How many bytes Kafka takes a record for, before it sends it. */
  static int recordBytes(byte[] key, byte[] value) {
    return AbstractRecords.estimateSizeInBytesUpperBound(
        RecordBatch.CURRENT_MAGIC_VALUE, CompressionType.NONE, key, value, new Header[0]);
  }

  /**
   * Sends one record; does not wait for it.
   *
   * @throws InvalidInputException when an earlier record or this one was not acknowledged
   */
  void send(byte[] key, byte[] value) {
    stopAfterFailure();
    sent++;

    try {
      producer.send(
          new ProducerRecord<>(topic, key, value),
          (metadata, problem) -> {
            if (problem == null) {
              acknowledged.incrementAndGet();
            } else {
              failure.compareAndSet(null, problem);
            }
          });
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }

    stopAfterFailure();
  }

  /**
   * Waits until every record is acknowledged.
   *
   * @return how many there are
   * @throws LambdaException when one was not
   */
  long flush() {
    producer.flush();
    stopAfterFailure();
    return acknowledged.get();
  }

  private void stopAfterFailure() {
    if (failure.get() == null) {
      return;
    }

    // Whatever is still under way ends one way or the other before it is counted.
    producer.flush();
    long known = acknowledged.get();
    throw KafkaFault.of(
        String.format(
            Locale.ROOT,
            "Kafka stopped taking events of topic %s: %s; %d of the %d that were sent are in the log for certain, others may be: sending all again would repeat events",
            topic,
            reason(failure.get()),
            known,
            sent),
        failure.get());
  }

  private static String reason(Exception problem) {
    return problem.getMessage() == null
        ? problem.getClass().getSimpleName()
        : problem.getMessage().lines().findFirst().orElse("no reason given");
  }

  @Override
  public void close() {
    producer.close();
  }
}
