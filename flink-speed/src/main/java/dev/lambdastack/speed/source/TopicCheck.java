package dev.lambdastack.speed.source;

import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.Serializable;
import java.util.Locale;
import java.util.Map;

/**
 * Whether the topic is still the one that the job was planned for. Asked by each task of the source
 * before it reads its first record: a source that reads from a topic that is another one fails
 * again and again, sooner than any task beside it could say why.
 */
@FunctionalInterface
public interface TopicCheck extends Serializable {
  /** Asks Kafka. */
  TopicCheck IN_KAFKA = TopicCheck::inKafka;

  /**
   * Refuses what trying again would not change.
   *
   * @param next the offset to read next, by partition
   * @throws InvalidInputException when the topic is gone, was made again, may not be read, has
   *     other partitions, lacks these offsets or ends before them
   * @throws UnavailableException when Kafka cannot be asked now
   */
  void check(SpeedPlan plan, Map<Integer, Long> next);

  private static void inKafka(SpeedPlan plan, Map<Integer, Long> next) {
    try (TopicLog log = TopicLog.open(plan.kafka(), plan.topic())) {
      if (!log.topicId().equals(plan.topicId())) {
        throw new InvalidInputException(
            "Cannot go on with topic %s: it was deleted and made again meanwhile (topic id %s, now %s); archive it as a new topic"
                .formatted(plan.topic(), plan.topicId(), log.topicId()));
      }

      log.checkReadable();
      if (!log.partitions().equals(plan.starts().keySet())) {
        throw new PartitionsAddedException(plan.topic(), plan.starts().keySet(), log.partitions());
      }

      log.beginOffsets().forEach((partition, begin) -> refuseGap(plan, next, partition, begin));
      log.endOffsets().forEach((partition, end) -> refuseCutOff(plan, next, partition, end));
    }
  }

  private static void refuseGap(
      SpeedPlan plan, Map<Integer, Long> next, int partition, long begin) {
    if (begin > next.get(partition)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot go on with topic %s partition %d from offset %d: Kafka no longer has it (it begins at %d); run archive, recompute and publish, then start the speed job with --fresh",
              plan.topic(),
              partition,
              next.get(partition),
              begin));
    }
  }

  /** What others wrote there since would be taken for what was read already. */
  private static void refuseCutOff(
      SpeedPlan plan, Map<Integer, Long> next, int partition, long end) {
    if (end < next.get(partition)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot go on with topic %s partition %d from offset %d: its log was cut off (it ends at %d); was an unclean leader election allowed? Run archive, which says whether it goes on; where it does, start the speed job with --fresh",
              plan.topic(),
              partition,
              next.get(partition),
              end));
    }
  }
}
