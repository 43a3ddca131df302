package dev.lambdastack.speed.launch;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.AbstractIncrementalStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsSavepointStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Looks at a checkpoint before a job is started from it: Flink would try for ever to restore one
 * whose files are gone.
 */
public final class CheckpointFiles {
  private CheckpointFiles() {}

  /**
   * Reads its metadata and looks for its files.
   *
   * @param otherwise what a person can do where it is of no use, said after the reason
   * @throws InvalidInputException when the checkpoint cannot be read, a file is missing, or another
   *     state backend wrote it
   * @throws UnavailableException when its file system does not answer
   */
  public static void check(LambdaConfig config, String checkpoint, String otherwise) {
    try {
      CheckpointMetadata metadata = read(config, checkpoint);
      for (OperatorState operator : metadata.getOperatorStates()) {
        for (OperatorSubtaskState task : operator.getStates()) {
          checkBackend(config, checkpoint, otherwise, task);
          for (Path file : files(task).toList()) {
            if (!file.getFileSystem(config.hadoop()).exists(file)) {
              throw unreadable(
                  checkpoint, "its file %s is missing".formatted(file), otherwise, null);
            }
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof LambdaException told) {
        throw told;
      }
      if (FileSystemFault.isAway(e)) {
        throw new UnavailableException(
            "Cannot look at checkpoint %s: %s; start again once its file system answers"
                .formatted(
                    checkpoint, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
            e);
      }
      // Flink's reader throws what comes when bytes are not what it expects.
      throw unreadable(
          checkpoint, String.valueOf(e.getMessage()).lines().findFirst().orElse(""), otherwise, e);
    }
  }

  /** Each backend has a form of its own; that of canonical savepoints both can read. */
  private static void checkBackend(
      LambdaConfig config, String checkpoint, String otherwise, OperatorSubtaskState task) {
    String backend = FlinkSettings.stateBackend(config);
    boolean incremental = FlinkSettings.isIncremental(config);
    for (KeyedStateHandle state : task.getManagedKeyedState()) {
      boolean byRocks = state instanceof IncrementalRemoteKeyedStateHandle;
      boolean byHeap =
          incremental
              && state instanceof KeyGroupsStateHandle
              && !(state instanceof KeyGroupsSavepointStateHandle);
      if (byRocks && backend.equals("hashmap") || byHeap && backend.equals("rocksdb")) {
        throw new InvalidInputException(
            "Cannot go on from %s with lambda.speed.state-backend=%s: %s wrote it; set lambda.speed.state-backend=%3$s, or %s"
                .formatted(checkpoint, backend, byRocks ? "rocksdb" : "hashmap", otherwise));
      }
    }
  }

  private static InvalidInputException unreadable(
      String checkpoint, String why, String otherwise, Exception cause) {
    return new InvalidInputException(
        "Cannot go on from %s: %s; %s".formatted(checkpoint, why, otherwise), cause);
  }

  private static CheckpointMetadata read(LambdaConfig config, String checkpoint)
      throws IOException {
    Path file = new Path(checkpoint, "_metadata");
    FileSystem files = file.getFileSystem(config.hadoop());
    try (DataInputStream in = files.open(file)) {
      return Checkpoints.loadCheckpointMetadata(
          in, CheckpointFiles.class.getClassLoader(), checkpoint);
    }
  }

  private static Stream<Path> files(OperatorSubtaskState task) {
    return Stream.of(
            Stream.concat(
                    task.getManagedOperatorState().stream(), task.getRawOperatorState().stream())
                .map(OperatorStateHandle::getDelegateStateHandle),
            Stream.concat(task.getManagedKeyedState().stream(), task.getRawKeyedState().stream())
                .flatMap(CheckpointFiles::parts))
        .flatMap(handles -> handles)
        .map(StreamStateHandle::maybeGetPath)
        .flatMap(Optional::stream)
        .map(path -> new Path(path.toUri()));
  }

  private static Stream<StreamStateHandle> parts(KeyedStateHandle state) {
    if (state instanceof KeyGroupsStateHandle groups) {
      return Stream.of(groups.getDelegateStateHandle());
    }
    if (state instanceof IncrementalRemoteKeyedStateHandle incremental) {
      return Stream.concat(
          Stream.of(((AbstractIncrementalStateHandle) incremental).getMetaDataStateHandle()),
          Stream.of(incremental.getSharedState(), incremental.getPrivateState())
              .flatMap(List::stream)
              .map(HandleAndLocalPath::getHandle));
    }
    return Stream.empty();
  }
}
