package dev.lambdastack.speed.alert;

import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.progress.RunClaim;
import java.io.Serializable;
import java.time.Instant;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * What the tasks of an alert job must know.
 *
 * @param topicId Kafka's id of the topic
 * @param run names this start; of two runs over a topic the one that started last goes on
 * @param runs URI of the folder where runs over the topic claim it
 * @param declaration of the rules that it was started for
 * @param starts where each partition begins where no checkpoint says so
 * @param alertsTopic where alerts go
 * @param settings how to reach HBase and HDFS
 */
record AlertPlan(
    String topic,
    String topicId,
    String run,
    String runs,
    String declaration,
    TreeMap<Integer, Long> starts,
    String alertsTopic,
    KafkaSettings kafka,
    Instant eventTimeMin,
    Settings settings)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  RunClaim claim() {
    return RunClaim.of(
        runs, settings.toConfiguration(new Configuration()), "alert job of topic " + topic, run);
  }
}
