package dev.lambdastack.speed.alert;

import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.AlertStore.Alert;
import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.message.RaisedAlert;
import dev.lambdastack.speed.plan.HBaseThreads;
import dev.lambdastack.speed.plan.Restarts;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;

/**
 * Puts each alert into the table and then, once, onto the alerts topic. One task.
 *
 * <p>An attempt begins by taking the topic's place from any earlier one ({@link AlertTopic}), and
 * then reads which alerts stand on it from where it stood at the checkpoint: since the rules are
 * pure and see each key in the order of the log, an attempt raises the alerts after the checkpoint
 * again, with the same ids, and those that are there already are left out. Without a checkpoint it
 * reads all of the alerts topic.
 *
 * <p>State: up to where the alerts topic holds nothing that is raised after the checkpoint.
 */
final class AlertPublisher extends AbstractStreamOperator<Void>
    implements OneInputStreamOperator<RaisedAlert, Void>, BoundedOneInput {
  private static final long serialVersionUID = 1L;
  private static final long WAIT_MILLIS = 50;
  private static final int MAX_PENDING = 500;

  private final AlertPlan plan;
  private final SchemaStore schemas;

  private transient ListState<Position> positions;
  private transient Map<Integer, Long> restored;
  private transient RunClaim claim;
  private transient AutoCloseable signing;
  private transient EventType type;
  private transient EventEncoder encoder;
  private transient Connection hbase;
  private transient AlertStore store;
  private transient AlertTopic topic;
  private transient List<Alert> pending;
  private transient boolean isDue;

  AlertPublisher(AlertPlan plan, SchemaStore schemas) {
    this.plan = plan;
    this.schemas = schemas;
  }

  /** The events on the alerts topic. */
  static EventType type(SchemaStore schemas, String alertsTopic) {
    return EventType.of(
        alertsTopic,
        schemas.find("dev.lambdastack.events.alerts.Alert", 1),
        "event_time",
        "alert_id");
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    positions =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("alerts", new Position.Serializer()));
    claim = plan.claim().attempt(context.getRestoredCheckpointId());
    restored = new TreeMap<>();
    for (Position position : positions.get()) {
      restored.put(position.partition(), position.next());
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    pending = new ArrayList<>();
    type = type(schemas, plan.alertsTopic());
    encoder = new EventEncoder(type);
    HBaseThreads.endWith(getRuntimeContext()::registerUserCodeClassLoaderReleaseHookIfAbsent);
    hbase =
        ConnectionFactory.createConnection(
            plan.settings().toConfiguration(HBaseConfiguration.create()));
    store = new AlertStore(hbase);
    Restarts.decide(claim::takeOver);
    Restarts.decide(() -> topic = AlertTopic.takeOver(plan, restored));
    signing = claim.signing();
  }

  private void checkOurs() throws IOException {
    Restarts.decide(claim::check);
  }

  @Override
  public void processElement(StreamRecord<RaisedAlert> element) throws Exception {
    RaisedAlert raised = element.getValue();
    pending.add(
        new Alert(
            id(raised),
            raised.rule(),
            raised.key(),
            raised.message(),
            plan.topic(),
            raised.partition(),
            raised.offset(),
            Instant.ofEpochMilli(raised.eventTimeMillis()),
            raised.appendTimeMillis()));

    if (pending.size() >= MAX_PENDING) {
      publish();
    } else if (!isDue) {
      isDue = true;
      getProcessingTimeService()
          .registerTimer(
              getProcessingTimeService().getCurrentProcessingTime() + WAIT_MILLIS,
              time -> {
                isDue = false;
                publish();
              });
    }
  }

  /**
   * Offsets of a topic that is made again begin anew, so its id is part of where a record stands.
   */
  private String id(RaisedAlert raised) {
    return String.format(
        Locale.ROOT,
        "%s/%s/%s/%d/%019d",
        raised.rule(),
        raised.key(),
        plan.topicId(),
        raised.partition(),
        raised.offset());
  }

  private void publish() throws IOException {
    if (pending.isEmpty()) {
      return;
    }

    store.put(pending);

    List<GenericRecord> events = new ArrayList<>();
    for (Alert alert : pending) {
      if (!topic.holds(alert.id())) {
        events.add(event(alert));
      }
    }
    List<AlertTopic.Entry> entries =
        events.stream().map(e -> new AlertTopic.Entry(encoder.key(e), encoder.value(e))).toList();

    try {
      Restarts.decide(() -> topic.append(entries));
    } catch (IOException e) {
      // Another run has taken the topic's place, or else the next attempt takes it back.
      checkOurs();
      throw e;
    }

    pending.clear();
  }

  private GenericRecord event(Alert alert) {
    GenericRecord event = new GenericData.Record(type.schema());
    event.put("alert_id", alert.id());
    event.put("rule", alert.rule());
    event.put("key", alert.key());
    event.put("message", alert.message());
    event.put("topic", alert.topic());
    event.put("partition", alert.partition());
    event.put("offset", alert.offset());
    event.put("event_time", alert.eventTime());
    return event;
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    // Without an alert to raise we would not notice, and delete what the other run goes on from.
    checkOurs();
    publish();
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    List<Position> now = new ArrayList<>();
    topic.next().forEach((partition, next) -> now.add(new Position(partition, next, 0)));
    positions.update(now);
  }

  @Override
  public void endInput() throws Exception {
    publish();
  }

  @Override
  public void close() throws Exception {
    try (Connection lastToClose = hbase;
        AlertTopic closed = topic;
        AutoCloseable ended = signing) {
      super.close();
    }
  }
}
