package dev.lambdastack.speed;

import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.source.LogSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** The real source, of which tests hold tasks back; they still take part in checkpoints. */
final class HeldSource implements Source<Envelope, KafkaPartitionSplit, KafkaSourceEnumState> {
  private static final long serialVersionUID = 1L;

  static final Set<Integer> HELD_TASKS = ConcurrentHashMap.newKeySet();

  private final KafkaSource<Envelope> source;

  HeldSource(SpeedPlan plan) {
    this.source = LogSource.of(plan);
  }

  /** The task that reads a partition when there is one for each: Flink's Kafka source says so. */
  static int taskOf(String topic, int partition, int tasks) {
    return (((topic.hashCode() * 31) & 0x7FFFFFFF) % tasks + partition) % tasks;
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SourceReader<Envelope, KafkaPartitionSplit> createReader(SourceReaderContext context)
      throws Exception {
    return new HeldReader(source.createReader(context), context.getIndexOfSubtask());
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context) {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state)
      throws Exception {
    return source.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }

  private record HeldReader(SourceReader<Envelope, KafkaPartitionSplit> reader, int task)
      implements SourceReader<Envelope, KafkaPartitionSplit> {
    @Override
    public void start() {
      reader.start();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Envelope> output) throws Exception {
      return HELD_TASKS.contains(task) ? InputStatus.NOTHING_AVAILABLE : reader.pollNext(output);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return HELD_TASKS.contains(task)
          ? new CompletableFuture<Void>().completeOnTimeout(null, 20, TimeUnit.MILLISECONDS)
          : reader.isAvailable();
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
      return reader.snapshotState(checkpointId);
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
      reader.addSplits(splits);
    }

    @Override
    public void notifyNoMoreSplits() {
      reader.notifyNoMoreSplits();
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
      reader.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void close() throws Exception {
      reader.close();
    }
  }
}
