package dev.lambdastack.speed.alert;

import dev.lambdastack.speed.plan.Settings;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;

/**
 * What the tasks of an alert job must know.
 *
 * @param topicId Kafka's id of the topic
 * @param declaration of the rules that it was started for
 * @param starts where each partition begins where no checkpoint says so
 * @param alertsTopic where alerts go
 * @param hbase settings that lead to HBase
 */
record AlertPlan(
    String topic,
    String topicId,
    String declaration,
    TreeMap<Integer, Long> starts,
    String alertsTopic,
    String bootstrapServers,
    Duration kafkaTimeout,
    Instant eventTimeMin,
    Settings hbase)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
