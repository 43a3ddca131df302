package dev.lambdastack.speed;

import dev.lambdastack.settings.LambdaConfig;
import java.io.DataInputStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.hadoop.fs.Path;

/** The names of the states in a checkpoint of a state on the heap. */
public final class CheckpointedStates {
  private CheckpointedStates() {}

  /** By the uid of the operator; operators without state are left out. */
  public static Map<String, Set<String>> names(LambdaConfig config, String checkpoint)
      throws Exception {
    Map<String, Set<String>> names = new TreeMap<>();
    for (OperatorState operator : read(config, checkpoint).getOperatorStates()) {
      Set<String> ofOperator = new TreeSet<>();
      for (OperatorSubtaskState task : operator.getStates()) {
        for (OperatorStateHandle handle : task.getManagedOperatorState()) {
          ofOperator.addAll(handle.getStateNameToPartitionOffsets().keySet());
        }
        for (KeyedStateHandle handle : task.getManagedKeyedState()) {
          ofOperator.addAll(names((KeyGroupsStateHandle) handle));
        }
      }
      if (!ofOperator.isEmpty()) {
        names.put(operator.getOperatorUid().orElseThrow(), ofOperator);
      }
    }
    return names;
  }

  private static CheckpointMetadata read(LambdaConfig config, String checkpoint) throws Exception {
    Path file = new Path(checkpoint, "_metadata");
    try (DataInputStream in = new DataInputStream(file.getFileSystem(config.hadoop()).open(file))) {
      return Checkpoints.loadCheckpointMetadata(
          in, CheckpointedStates.class.getClassLoader(), checkpoint);
    }
  }

  private static Set<String> names(KeyGroupsStateHandle handle) throws Exception {
    KeyedBackendSerializationProxy<Object> header =
        new KeyedBackendSerializationProxy<>(CheckpointedStates.class.getClassLoader());
    try (FSDataInputStream in = handle.openInputStream()) {
      header.read(new DataInputViewStreamWrapper(in));
    }

    Set<String> names = new TreeSet<>();
    for (StateMetaInfoSnapshot state : header.getStateMetaInfoSnapshots()) {
      names.add(state.getName());
    }
    return names;
  }
}
