package dev.lambdastack.speed.alert;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.message.KeyedRecord;
import dev.lambdastack.speed.message.RaisedAlert;
import dev.lambdastack.speed.plan.Restarts;
import dev.lambdastack.speed.source.SetAsideCount;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.BoundRule;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.SetAsideLimit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.hadoop.conf.Configuration;

/**
 * Shows each event to all rules of the topic, key by key in the order of the log. What does not
 * decode, by the predicate of both layers, is no event; a record whose Kafka key is not the text of
 * its event's key may stand in any partition, so nobody knows what came before it: both are counted
 * and passed over.
 *
 * <p>State: for each rule and key what the rule remembers.
 */
final class RuleOperator extends AbstractStreamOperator<RaisedAlert>
    implements OneInputStreamOperator<KeyedRecord, RaisedAlert> {
  private static final long serialVersionUID = 1L;
  private static final int MAX_TOLD = 100;

  private final AlertPlan plan;
  private final RulesLoader loader;
  private final SchemaStore schemas;

  private record Target(BoundRule rule, ValueState<byte[]> state, SetAsideCount setAside) {}

  private transient List<Target> targets;
  private transient EventDecoder decoder;
  private transient Column key;
  private transient int keyColumn;
  private transient Counter rejected;
  private transient Counter misplaced;
  private transient int told;

  RuleOperator(AlertPlan plan, RulesLoader loader, SchemaStore schemas) {
    this.plan = plan;
    this.loader = loader;
    this.schemas = schemas;
  }

  /** What must be equal for a job to go on from a checkpoint. */
  static String declaration(List<AlertRule> rules) {
    return rules.stream().map(AlertRule::declaration).collect(Collectors.joining("\n"));
  }

  @Override
  public void open() throws Exception {
    super.open();
    rejected = getMetricGroup().counter("rejectedRecords");
    misplaced = getMetricGroup().counter("misplacedRecords");
    Restarts.decide(() -> bind(loader.load(getUserCodeClassloader()).ofTopic(plan.topic())));
  }

  private void bind(List<AlertRule> rules) {
    if (!declaration(rules).equals(plan.declaration())) {
      throw new InvalidInputException(
          "Cannot run the alert job: the rules are declared differently where its tasks run (expected %s, found %s); put the same jar there"
              .formatted(
                  plan.declaration().replace('\n', ';'), declaration(rules).replace('\n', ';')));
    }

    EventType type = rules.get(0).eventType();
    key = type.column(type.partitionKey());

    Set<String> columns = new LinkedHashSet<>();
    rules.forEach(r -> columns.addAll(r.columns()));
    columns.add(key.name());
    List<String> order = List.copyOf(columns);
    keyColumn = order.indexOf(key.name());
    decoder = new EventDecoder(schemas, type, order, plan.eventTimeMin());

    SetAsideLimit limit =
        LambdaConfig.of(plan.settings().toConfiguration(new Configuration(false))).setAsideLimit();
    targets = new ArrayList<>();
    for (AlertRule rule : rules) {
      targets.add(
          new Target(
              new BoundRule(rule, order),
              getKeyedStateStore()
                  .getState(
                      new ValueStateDescriptor<>(
                          "rule-" + rule.name(), BytePrimitiveArraySerializer.INSTANCE)),
              new SetAsideCount("rule " + rule.name(), limit, getRuntimeContext())));
    }
  }

  @Override
  public void processElement(StreamRecord<KeyedRecord> element) throws Exception {
    KeyedRecord record = element.getValue();
    Decoded decoded =
        decoder.decode(
            record.value(), record.partition(), record.offset(), record.appendTimeMillis());
    if (decoded instanceof Rejection rejection) {
      rejected.inc();
      tell(record, rejection.reason() + " " + rejection.detail());
      return;
    }

    Row row = ((DecodedEvent) decoded).row();
    String id = Lookup.id(keyOf(row));
    if (!id.equals(record.key())) {
      misplaced.inc();
      tell(
          record,
          "its Kafka key is '%s' and its %s is '%s'".formatted(record.key(), key.name(), id));
      return;
    }

    try {
      for (Target target : targets) {
        show(target, record, row);
      }
    } catch (InvalidInputException e) {
      // The same record would stop every further attempt in the same way.
      throw new SuppressRestartsException(e);
    }
  }

  private void show(Target target, KeyedRecord record, Row row) throws Exception {
    BoundRule.Outcome outcome = target.rule().next(target.state().value(), row);
    target.setAside().shown(outcome.whySetAside());
    if (outcome.whySetAside().isPresent()) {
      return;
    }

    target.state().update(outcome.state());
    if (outcome.alert().isPresent()) {
      output.collect(
          new StreamRecord<>(
              new RaisedAlert(
                  target.rule().rule().name(),
                  record.key(),
                  outcome.alert().get(),
                  record.partition(),
                  record.offset(),
                  record.appendTimeMillis(),
                  row.eventTime())));
    }
  }

  private Object keyOf(Row row) {
    return switch (key.type()) {
      case STRING -> row.stringAt(keyColumn);
      case LONG -> row.longAt(keyColumn);
      case DECIMAL -> row.decimalAt(keyColumn, key.scale());
      case TIMESTAMP -> Instant.ofEpochMilli(row.longAt(keyColumn));
      case BOOLEAN -> row.longAt(keyColumn) != 0;
      case DOUBLE -> throw new AssertionError("keys are never floating point");
    };
  }

  private void tell(KeyedRecord record, String why) {
    if (told < MAX_TOLD) {
      told++;
      LOG.warn(
          "Passed over topic {} partition {} offset {}: {}",
          plan.topic(),
          record.partition(),
          record.offset(),
          why);
    }
  }
}
