package dev.lambdastack.batch.archive;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.settings.KafkaSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The committed records of one range of offsets, as they are delivered: many at a time, since the
 * framework counts each value. It ends when the reader's position reaches the range's end: the last
 * offsets may belong to markers and aborted records, which nobody is given.
 */
final class LogRecordReader
    extends RecordReader<NullWritable, List<ConsumerRecord<byte[], byte[]>>> {
  private static final Duration POLL = Duration.ofMillis(100);

  private KafkaConsumer<byte[], byte[]> consumer;
  private TopicPartition partition;
  private OffsetRange range;
  private Duration timeout;
  private List<ConsumerRecord<byte[], byte[]>> current = List.of();

  @Override
  public void initialize(InputSplit split, TaskAttemptContext context) throws IOException {
    ArchiveSettings archive = ArchiveSettings.readFrom(context.getConfiguration());
    KafkaSettings kafka = KafkaCredentials.read(archive.runId(), context.getCredentials());
    range = (OffsetRange) split;
    timeout = kafka.timeout();
    partition = new TopicPartition(archive.type().topic(), range.partition());

    Map<String, Object> settings = LogClients.consumer(kafka);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 8 << 20);
    consumer = new KafkaConsumer<>(settings);
    consumer.assign(List.of(partition));

    Optional<Integer> leaderEpoch =
        range.leaderEpoch() == OffsetRange.UNKNOWN
            ? Optional.empty()
            : Optional.of(range.leaderEpoch());
    consumer.seek(partition, new OffsetAndMetadata(range.start(), leaderEpoch, ""));
  }

  @Override
  public boolean nextKeyValue() throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (; ; ) {
      long position = consumer.position(partition);
      if (position >= range.end()) {
        return false;
      }

      current = upToEnd(consumer.poll(POLL).records(partition));
      if (!current.isEmpty()) {
        return true;
      }

      if (consumer.position(partition) > position) {
        deadline = System.nanoTime() + timeout.toNanos();
      } else if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Kafka delivers nothing of %s from offset %d on, within %d ms",
                partition,
                position,
                timeout.toMillis()));
      }
    }
  }

  /** Records at and after the end come with the last batch: they belong to another task. */
  private List<ConsumerRecord<byte[], byte[]>> upToEnd(
      List<ConsumerRecord<byte[], byte[]>> records) {
    int count = records.size();
    while (count > 0 && records.get(count - 1).offset() >= range.end()) {
      count--;
    }
    return records.subList(0, count);
  }

  @Override
  public NullWritable getCurrentKey() {
    return NullWritable.get();
  }

  @Override
  public List<ConsumerRecord<byte[], byte[]>> getCurrentValue() {
    return current;
  }

  @Override
  public float getProgress() {
    return current.isEmpty() || range.getLength() == 0
        ? 0
        : Math.min(
            1,
            (current.get(current.size() - 1).offset() - range.start()) / (float) range.getLength());
  }

  @Override
  public void close() {
    if (consumer != null) {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }
}
