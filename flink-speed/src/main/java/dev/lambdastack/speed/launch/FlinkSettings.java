package dev.lambdastack.speed.launch;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.SpeedJob;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * What the speed job asks of Flink. A key {@code flink.<key>} of our configuration sets Flink's
 * {@code <key>}; what exactness rests on cannot be changed that way.
 */
public final class FlinkSettings {
  private static final String PREFIX = "flink.";
  private static final Duration CALM_AGAIN = Duration.ofMinutes(2);

  /** How often a cluster with a standby is asked again: for longer than it takes to take over. */
  private static final int TRIES = 100;

  private final Configuration flink = new Configuration();

  /**
   * Settings of a job.
   *
   * @param checkpoints the folder of its checkpoints
   */
  public FlinkSettings(LambdaConfig config, String topic, String checkpoints) {
    flink.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofMillis(200));
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        config.speed().restartDelay());
    // By itself Flink remembers for an hour that HBase was away for a minute.
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
        CALM_AGAIN);

    flink.set(StateBackendOptions.STATE_BACKEND, config.speed().stateBackend());
    flink.set(
        CheckpointingOptions.INCREMENTAL_CHECKPOINTS,
        config.speed().stateBackend().equals("rocksdb"));

    for (Map.Entry<String, String> entry : config.hadoop()) {
      if (entry.getKey().startsWith(PREFIX)) {
        flink.setString(entry.getKey().substring(PREFIX.length()), entry.getValue());
      }
    }

    // What watches a job would give it up, just when the standby recovers it: Flink tries for a
    // minute, which is how long the leader's session in ZooKeeper may last.
    if (HighAvailabilityMode.isHighAvailabilityModeActivated(flink)
        && !flink.contains(RestOptions.RETRY_MAX_ATTEMPTS)) {
      flink.set(RestOptions.RETRY_MAX_ATTEMPTS, TRIES);
    }

    flink.set(PipelineOptions.NAME, "lambda speed " + topic);
    // Nothing falls back to Kryo, and state is found by names that we gave.
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    flink.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    flink.set(PipelineOptions.MAX_PARALLELISM, SpeedJob.MAX_PARALLELISM);

    flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, config.speed().checkpointInterval());
    flink.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    // An unaligned barrier overtakes contributions, and the totals before it would lack them.
    flink.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
    flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints);
    flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    flink.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
  }

  /** The state backend that a job has, as Flink names it. */
  static String stateBackend(LambdaConfig config) {
    return config
        .hadoop()
        .get(PREFIX + StateBackendOptions.STATE_BACKEND.key(), config.speed().stateBackend());
  }

  /** Whether its checkpoints hold what changed since the one before. */
  static boolean isIncremental(LambdaConfig config) {
    return config
        .hadoop()
        .getBoolean(
            PREFIX + CheckpointingOptions.INCREMENTAL_CHECKPOINTS.key(),
            stateBackend(config).equals("rocksdb"));
  }

  /** Lets the job go on from a checkpoint. */
  public void restore(String checkpoint, RecoveryClaimMode mode) {
    flink.set(StateRecoveryOptions.SAVEPOINT_PATH, checkpoint);
    // The source's, where partitions were added; that the rest is there is checked by its tasks.
    flink.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, true);
    flink.set(StateRecoveryOptions.RESTORE_MODE, mode);
  }

  /** An environment in this JVM. */
  public StreamExecutionEnvironment localEnvironment(int parallelism) {
    Configuration cluster = new Configuration(flink);
    cluster.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
    cluster.set(RestOptions.BIND_PORT, "0");
    return LocalFlink.of(cluster, parallelism);
  }

  /** Gives an environment these settings. */
  public void applyTo(StreamExecutionEnvironment env) {
    env.configure(flink, Thread.currentThread().getContextClassLoader());
  }
}
