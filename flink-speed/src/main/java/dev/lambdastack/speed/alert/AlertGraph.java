package dev.lambdastack.speed.alert;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.speed.message.KeyedRecord;
import dev.lambdastack.speed.message.RaisedAlert;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The graph of an alert job: one for a topic, for all rules over it.
 *
 * <pre>
 * log (Kafka) - same topic? - keyBy(Kafka key) - rules - alerts (one task: table, then topic)
 * </pre>
 *
 * A partition is read by one task, and all that it sends to a task of the rules comes in order: a
 * key's events come in the order of the log.
 */
final class AlertGraph {
  private AlertGraph() {}

  static void addTo(
      StreamExecutionEnvironment env,
      AlertPlan plan,
      RulesLoader loader,
      SchemaStore schemas,
      int parallelism) {
    int readers = Math.min(parallelism, plan.starts().size());

    env.fromSource(
            KeyedRecords.source(plan), WatermarkStrategy.noWatermarks(), "log", KeyedRecord.TYPE)
        .uid("log")
        .setParallelism(readers)
        .filter(new SameTopic(plan))
        .name("same topic")
        .uid("same-topic")
        .setParallelism(readers)
        .keyBy(new ByKey(), Types.STRING)
        .transform("rules", RaisedAlert.TYPE, new RuleOperator(plan, loader, schemas))
        .uid("rules")
        .setParallelism(parallelism)
        .global()
        .transform("alerts", Types.VOID, new AlertPublisher(plan, schemas))
        .uid("alerts")
        .setParallelism(1)
        .setMaxParallelism(1);
  }

  private static final class ByKey implements KeySelector<KeyedRecord, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String getKey(KeyedRecord record) {
      return record.key();
    }
  }
}
