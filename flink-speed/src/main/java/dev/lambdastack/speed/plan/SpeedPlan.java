package dev.lambdastack.speed.plan;

import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.InvalidInputException;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One life of a speed job.
 *
 * @param life names it in generations and checkpoints
 * @param run names this start of the life; of two runs of a life the one that started last goes on
 * @param folder URI of the life's folder, where its checkpoints are
 * @param topicId Kafka's id of the topic that it reads; another topic of the same name is refused
 * @param slots the generations that it fills, by their numbers; never empty
 * @param startOffsets where its source begins to read where no checkpoint says otherwise,
 *     inclusive; all partitions
 * @param startLogTimes for each partition a log time that no record from there on lies before,
 *     milliseconds since 1970
 * @param eventTimeMin earlier events are no events, in both layers
 * @param emitInterval how long a changed total may wait before it is written
 * @param settings how to reach HBase and HDFS
 */
public record SpeedPlan(
    String topic,
    String topicId,
    String life,
    String run,
    String folder,
    List<Slot> slots,
    TreeMap<Integer, Long> startOffsets,
    TreeMap<Integer, Long> startLogTimes,
    Duration epochLength,
    Instant eventTimeMin,
    KafkaSettings kafka,
    Duration clockSkew,
    boolean ticks,
    Duration emitInterval,
    Settings settings)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public SpeedPlan {
    slots = Collections.unmodifiableList(new ArrayList<>(slots));
    startOffsets = new TreeMap<>(startOffsets);
    startLogTimes = new TreeMap<>(startLogTimes);
  }

  /** The slot of this number. */
  public Slot slot(int number) {
    return slots.stream().filter(s -> s.number() == number).findFirst().orElseThrow();
  }

  /**
   * What state belongs to: written into each checkpoint, so that state of another life or
   * declaration is never taken for ours. The life, then a line for each slot.
   */
  public List<String> signature() {
    List<String> lines = new ArrayList<>();
    lines.add("topic %s life %s from %s on".formatted(topic, life, eventTimeMin));
    slots.forEach(s -> lines.add(s.signature()));
    return lines;
  }

  /**
   * Refuses state that belongs to something else. State may have more slots than we fill: those of
   * views that are declared differently now, or not at all.
   *
   * @throws InvalidInputException when it does
   */
  public void checkRestored(Iterable<String> signatures) {
    Set<String> found = new LinkedHashSet<>();
    signatures.forEach(found::add);
    if (!found.containsAll(signature())) {
      throw new InvalidInputException(
          "Cannot go on from this checkpoint: it belongs to other generations or declarations (expected %s; found %s); give one of this life, or start with --fresh"
              .formatted(String.join(", ", signature()), String.join(", ", found)));
    }
  }

  /** The offsets by partition; unmodifiable. */
  public Map<Integer, Long> starts() {
    return Collections.unmodifiableMap(startOffsets);
  }
}
