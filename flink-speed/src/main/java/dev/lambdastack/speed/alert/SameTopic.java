package dev.lambdastack.speed.alert;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.speed.message.KeyedRecord;
import dev.lambdastack.views.InvalidInputException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Lets every record pass, after it has seen that the topic is the one that the job was started for.
 * Chained to the source, which would only fail again and again on another one.
 */
final class SameTopic extends RichFilterFunction<KeyedRecord> {
  private static final long serialVersionUID = 1L;

  private final AlertPlan plan;

  SameTopic(AlertPlan plan) {
    this.plan = plan;
  }

  @Override
  public void open(OpenContext context) {
    try (TopicLog log = TopicLog.open(plan.kafka(), plan.topic())) {
      if (!log.topicId().equals(plan.topicId())) {
        throw new SuppressRestartsException(
            new InvalidInputException(
                "Cannot go on with topic %s: it was deleted and made again meanwhile (topic id %s, now %s); start `lambda alerts %s` again"
                    .formatted(plan.topic(), plan.topicId(), log.topicId(), plan.topic())));
      }
    }
  }

  @Override
  public boolean filter(KeyedRecord record) {
    return true;
  }
}
