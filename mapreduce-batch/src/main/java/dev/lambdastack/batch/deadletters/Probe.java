package dev.lambdastack.batch.deadletters;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.UnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Looks into the log whether the transaction of an intent was committed. */
final class Probe {
  private static final Duration POLL = Duration.ofMillis(50);

  private final LambdaConfig config;
  private final TopicLog log;

  Probe(LambdaConfig config, TopicLog log) {
    this.config = config;
    this.log = log;
  }

  /**
   * Whether a record of the intent is in the log; one stands for all of its transaction. To be
   * asked when the transaction has ended, one way or the other.
   *
   * @return empty when the log no longer has the offsets where it would be
   * @throws UnavailableException when somebody else's open transaction hides the end of the log
   */
  Optional<Boolean> wasCommitted(Intent intent) {
    if (!intent.topicId().equals(log.topicId())) {
      return Optional.empty();
    }

    int partition = intent.probePartition();
    long end = log.highWatermarks().get(partition);
    awaitVisible(intent, partition, end);

    TopicPartition where = new TopicPartition(log.topic(), partition);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(LogClients.consumer(config.kafka()))) {
      consumer.assign(List.of(where));
      consumer.seek(where, Math.max(intent.probeFrom(), log.beginOffsets().get(partition)));

      long deadline = System.nanoTime() + config.kafka().timeout().toNanos();
      while (consumer.position(where) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          deadline = System.nanoTime() + config.kafka().timeout().toNanos();
          if (ReplayProducer.isOf(intent, record)) {
            return Optional.of(true);
          }
        }
        if (System.nanoTime() - deadline > 0) {
          throw hidden(intent, partition);
        }
      }
    }

    return log.beginOffsets().get(partition) > intent.probeFrom()
        ? Optional.empty()
        : Optional.of(false);
  }

  private void awaitVisible(Intent intent, int partition, long end) {
    long deadline = System.nanoTime() + config.kafka().timeout().toNanos();
    while (log.endOffsets().get(partition) < end) {
      if (System.nanoTime() - deadline > 0) {
        throw hidden(intent, partition);
      }
    }
  }

  private UnavailableException hidden(Intent intent, int partition) {
    return new UnavailableException(
        String.format(
            Locale.ROOT,
            "Cannot find out whether replay %d of topic %s was carried out: an open transaction hides the end of partition %d; run the replay again when it has ended",
            intent.sequence(),
            log.topic(),
            partition));
  }
}
