package dev.lambdastack.speed;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.TestingPlans;
import dev.lambdastack.speed.window.EpochTotalsOperator;
import java.io.DataInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.hadoop.fs.Path;

/**
 * What a checkpoint holds of open epochs, read by the operator itself.
 *
 * @param rows with a total
 * @param cells timers, one for each row and epoch
 * @param bytes of the whole checkpoint
 */
record CheckpointedTotals(int rows, int cells, long bytes) {
  static CheckpointedTotals of(LambdaConfig config, String checkpoint) throws Exception {
    Path file = new Path(checkpoint, "_metadata");
    CheckpointMetadata metadata;
    try (DataInputStream in = new DataInputStream(file.getFileSystem(config.hadoop()).open(file))) {
      metadata =
          Checkpoints.loadCheckpointMetadata(
              in, CheckpointedTotals.class.getClassLoader(), checkpoint);
    }
    List<KeyedStateHandle> keyed = new ArrayList<>();
    long bytes = 0;
    for (OperatorState operator : metadata.getOperatorStates()) {
      bytes += operator.getStateSize();
      for (OperatorSubtaskState task : operator.getStates()) {
        keyed.addAll(task.getManagedKeyedState());
      }
    }
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<RowId, Contribution, Total>(
            new EpochTotalsOperator(TestingPlans.from(Map.of(0, 0L), 0)),
            Contribution::id,
            RowId.TYPE,
            SpeedJob.MAX_PARALLELISM,
            1,
            0)) {
      harness.setup(Total.TYPE.createSerializer(null));
      harness.initializeState(
          OperatorSubtaskState.builder()
              .setManagedKeyedState(new StateObjectCollection<>(keyed))
              .build());
      harness.open();
      return new CheckpointedTotals(
          harness.numKeyedStateEntries(), harness.numEventTimeTimers(), bytes);
    }
  }
}
