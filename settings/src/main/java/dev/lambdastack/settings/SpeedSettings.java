package dev.lambdastack.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * How a speed job runs.
 *
 * @param checkpoints path or URI of the folder for checkpoints
 * @param emitInterval how long a changed total may wait before it is written
 * @param stateBackend where the job keeps its state between checkpoints, as Flink names it
 * @param restartDelay the longest pause before a job that failed is started again
 * @param retention how long HBase keeps a cell
 * @param deadLetters the topic for records that are no events, with {@code {topic}} in it, or off
 */
public record SpeedSettings(
    String checkpoints,
    Duration checkpointInterval,
    Duration emitInterval,
    int parallelism,
    String stateBackend,
    Duration restartDelay,
    Duration retention,
    String deadLetters) {
  private static final String STATE_BACKEND = "lambda.speed.state-backend";
  private static final String DEAD_LETTERS = "lambda.speed.dead-letters-topic";

  static SpeedSettings of(Values values) {
    SpeedSettings speed =
        new SpeedSettings(
            values.text("lambda.speed.checkpoints"),
            values.duration("lambda.speed.checkpoint-interval", Duration.ofMillis(10)),
            values.duration("lambda.speed.emit-interval", Duration.ofMillis(1)),
            values.number("lambda.speed.parallelism", 1, 128),
            values.text(STATE_BACKEND),
            values.duration("lambda.speed.restart-delay", Duration.ofMillis(200)),
            values.duration("lambda.speed.retention", Duration.ofSeconds(1)),
            values.text(DEAD_LETTERS));

    if (!speed.stateBackend.equals("hashmap") && !speed.stateBackend.equals("rocksdb")) {
      throw values.bad(STATE_BACKEND, "hashmap or rocksdb");
    }

    speed.deadLettersTopic("");
    return speed;
  }

  /**
   * Where the speed job sends the records of a topic that are no events; empty when it does not.
   */
  public Optional<String> deadLettersTopic(String topic) {
    String name = deadLetters.replace("{topic}", topic);
    if (name.equals("off")) {
      return Optional.empty();
    }
    if (!name.matches("[a-zA-Z0-9._-]{1,249}") || name.equals(topic)) {
      throw Values.bad(
          DEAD_LETTERS,
          deadLetters,
          "off, or the name of another topic, in which {topic} stands for the topic's");
    }
    return Optional.of(name);
  }
}
