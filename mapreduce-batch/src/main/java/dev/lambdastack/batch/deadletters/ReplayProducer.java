package dev.lambdastack.batch.deadletters;

import dev.lambdastack.log.KafkaFault;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.LostRaceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;

/**
 * Produces letters in transactions. Opening it ends the transaction of every replay of the topic
 * before it, and lets that one produce nothing more.
 */
final class ReplayProducer implements AutoCloseable {
  /** Coordinates of the record that this one repeats: {@code <partition>:<offset>}. */
  static final String ORIGIN = "lambda-replay-of";

  /** The run id of the intent. */
  private static final String RUN = "lambda-replay";

  /** Greater than any broker takes by default, so that the broker decides. */
  private static final int MAX_REQUEST_BYTES = 64 << 20;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;

  private ReplayProducer(String topic, KafkaProducer<byte[], byte[]> producer) {
    this.topic = topic;
    this.producer = producer;
  }

  /**
   * A producer that is the only one of its kind from here on.
   *
   * @throws LambdaException when Kafka does not answer or does not allow it
   */
  static ReplayProducer open(LambdaConfig config, String topic) {
    Map<String, Object> settings = LogClients.producer(config.kafka());
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "lambda-replay-" + topic);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * MAX_REQUEST_BYTES);

    ReplayProducer opened = new ReplayProducer(topic, new KafkaProducer<>(settings));
    try {
      opened.producer.initTransactions();
      return opened;
    } catch (KafkaException e) {
      opened.close();
      throw opened.failure(e, "nothing was produced");
    }
  }

  /** Whether the record was produced for the intent. */
  static boolean isOf(Intent intent, ConsumerRecord<?, ?> record) {
    Header run = record.headers().lastHeader(RUN);
    return run != null && Arrays.equals(run.value(), utf8(intent.runId()));
  }

  /** Begins a transaction and produces the letters in it, in their partitions and order. */
  void send(Intent intent, List<DeadLetter> letters) {
    AtomicReference<Exception> problem = new AtomicReference<>();
    try {
      producer.beginTransaction();
      for (DeadLetter letter : letters) {
        producer.send(
            record(intent, letter),
            (metadata, failed) -> {
              if (failed != null) {
                problem.compareAndSet(null, at(letter, failed));
              }
            });
      }
      producer.flush();
    } catch (KafkaException e) {
      problem.compareAndSet(null, e);
    }

    if (problem.get() != null) {
      throw failure(problem.get(), "the last portion was not produced");
    }
  }

  private KafkaException at(DeadLetter letter, Exception failed) {
    return failed instanceof ProducerFencedException
            || failed instanceof InvalidProducerEpochException
        ? (KafkaException) failed
        : new KafkaException(
            String.format(
                Locale.ROOT,
                "the record of partition %d offset %d is not taken (%s)",
                letter.partition(),
                letter.offset(),
                failed.getMessage()),
            failed);
  }

  private ProducerRecord<byte[], byte[]> record(Intent intent, DeadLetter letter) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, letter.partition(), null, letter.key(), letter.value());
    letter.headers().forEach(h -> record.headers().add(h.name(), h.value()));
    record.headers().add(ORIGIN, utf8(letter.partition() + ":" + letter.offset()));
    record.headers().add(RUN, utf8(intent.runId()));
    return record;
  }

  void commit() {
    try {
      producer.commitTransaction();
    } catch (KafkaException e) {
      throw failure(e, "whether the last portion was produced the next replay finds out");
    }
  }

  private LambdaException failure(Exception e, String what) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProducerFencedException
          || cause instanceof InvalidProducerEpochException) {
        return new LostRaceException(
            "Another replay of topic %s has begun meanwhile; this one stops".formatted(topic), e);
      }
    }
    return KafkaFault.of(
        "Kafka does not take dead letters of topic %s: %s; %s"
            .formatted(topic, e.getMessage(), what),
        e);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A transaction that was not committed is aborted, by the broker if not by this. */
  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
  }
}
