package dev.lambdastack.speed.source;

import dev.lambdastack.log.KafkaFault;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.plan.Restarts;
import java.util.Set;
import org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriber;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.common.TopicPartition;

/**
 * Tells Flink's source which partitions there are. Where Kafka refuses to, the job ends: the source
 * asks before any task runs, so no task could say that the topic is gone.
 */
public final class RefusingSubscriber implements KafkaSubscriber {
  private static final long serialVersionUID = 1L;

  private final KafkaSubscriber subscriber;
  private final KafkaSettings kafka;
  private final String topic;

  /**
   * @param subscriber which knows the partitions
   * @param kafka its timeout is how long Kafka may take to say why it refuses
   */
  public RefusingSubscriber(KafkaSubscriber subscriber, KafkaSettings kafka, String topic) {
    this.subscriber = subscriber;
    this.kafka = kafka;
    this.topic = topic;
  }

  @Override
  public Set<TopicPartition> getSubscribedTopicPartitions(AdminClient admin) {
    try {
      return subscriber.getSubscribedTopicPartitions(admin);
    } catch (RuntimeException e) {
      if (KafkaFault.isRefusal(e)) {
        // Says it in a person's words, and that it was no passing fault.
        Restarts.decide(() -> TopicLog.open(kafka, topic).close());
      }
      throw e;
    }
  }
}
