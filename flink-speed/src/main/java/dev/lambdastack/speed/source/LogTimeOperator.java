package dev.lambdastack.speed.source;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.Restarts;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.SetAsideLimit;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.LogTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.apache.hadoop.conf.Configuration;

/**
 * Gives each record its log time and each view of the topic what it counts of it. Chained to the
 * source, so that the records of a partition come in order.
 *
 * <p>State: for each partition, how far it was read and its log time. It is union state, since
 * partitions move between tasks in a restore: each task keeps all it knows, and of two that know a
 * partition the one that was farther is right.
 *
 * <p>Emits contributions, aggregated over a short time; nothing stays behind a barrier or a
 * watermark that closes its epoch. Beside them goes {@link #POSITIONS}: before each barrier where
 * the task's partitions stand, and soon after a change.
 */
public final class LogTimeOperator extends AbstractStreamOperator<Contribution>
    implements OneInputStreamOperator<Envelope, Contribution>, BoundedOneInput {
  /** Where the partitions stand. */
  public static final OutputTag<Position> POSITIONS = new OutputTag<>("positions", Position.TYPE);

  private static final long serialVersionUID = 1L;
  private static final int MAX_ENTRIES = 4096;
  private static final int MAX_TOLD = 100;
  private static final long FLUSH_MILLIS = 100;

  private final SpeedPlan plan;
  private final ViewsLoader loader;
  private final SchemaStore schemas;
  private final TopicCheck topic;

  private record Target(int slot, long coverage, BoundView view, SetAsideCount setAside) {}

  /** One partition as this task knows it. */
  private static final class Reading {
    private final LogTime logTime;
    private final long first;
    private long next;

    /** Whether it was read since its position was sent. */
    private boolean moved;

    Reading(long next, long logTimeMillis) {
      this.first = next;
      this.next = next;
      this.logTime = new LogTime(logTimeMillis);
    }
  }

  private transient Map<Integer, Reading> readings;

  /** The partition of the last record and what is known of it: records of one come in runs. */
  private transient int partition;

  private transient Reading reading;
  private transient ListState<Position> positions;
  private transient ListState<String> signature;
  private transient EventDecoder decoder;
  private transient List<Target> targets;
  private transient PreAggregate pending;
  private transient Counter rejected;
  private transient Counter ticks;
  private transient boolean flushIsDue;
  private transient Set<String> told;
  private transient Optional<String> tooLate;

  /** Null where it is off. */
  private transient DeadLetterTopic deadLetters;

  /**
   * @param loader must give the views that the plan's generations were opened for
   * @param topic asked before the first record
   */
  public LogTimeOperator(
      SpeedPlan plan, ViewsLoader loader, SchemaStore schemas, TopicCheck topic) {
    this.plan = plan;
    this.loader = loader;
    this.schemas = schemas;
    this.topic = topic;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    positions =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("positions", new Position.Serializer()));
    signature =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("plan", StringSerializer.INSTANCE));

    readings = new TreeMap<>();
    plan.starts()
        .forEach((p, offset) -> readings.put(p, new Reading(offset, plan.startLogTimes().get(p))));
    partition = -1;
    tooLate = Optional.empty();

    if (context.isRestored()) {
      Restarts.decide(() -> plan.checkRestored(signature.get()));
      restore(positions.get());
    }
  }

  private void restore(Iterable<Position> found) {
    Map<Integer, Position> farthest = new TreeMap<>();
    found.forEach(
        position ->
            farthest.merge(position.partition(), position, (a, b) -> a.next() > b.next() ? a : b));
    tooLate = Restored.refusal(plan, farthest);
    farthest.forEach((p, at) -> readings.put(p, new Reading(at.next(), at.logTimeMillis())));
  }

  @Override
  public void open() throws Exception {
    super.open();
    rejected = getMetricGroup().counter("rejectedRecords");
    ticks = getMetricGroup().counter("ticks");
    pending = new PreAggregate();
    told = new HashSet<>();

    config()
        .speed()
        .deadLettersTopic(plan.topic())
        .ifPresent(
            name -> {
              deadLetters = new DeadLetterTopic(plan, name);
              getMetricGroup().gauge("deadLettersNotSent", deadLetters::lost);
            });

    Restarts.decide(() -> bind(loader.load(getUserCodeClassloader())));
    Restarts.decide(this::checkTopic);
    if (tooLate.isPresent()) {
      throw new SuppressRestartsException(new InvalidInputException(tooLate.get()));
    }
  }

  private LambdaConfig config() {
    return LambdaConfig.of(plan.settings().toConfiguration(new Configuration(false)));
  }

  private void checkTopic() {
    Map<Integer, Long> next = new TreeMap<>();
    readings.forEach((number, at) -> next.put(number, at.next));
    topic.check(plan, next);
  }

  private void bind(Views views) {
    List<View> ours = new ArrayList<>();
    Set<String> columns = new LinkedHashSet<>();
    for (Slot slot : plan.slots()) {
      View view = views.find(slot.view());
      if (!view.fingerprint().equals(slot.generation().fingerprint())) {
        throw new InvalidInputException(
            "Cannot run the speed job: view %s is declared differently where its tasks run (expected %s, found %s); put the same view jar there"
                .formatted(view.name(), slot.generation().fingerprint(), view.fingerprint()));
      }
      ours.add(view);
      columns.addAll(view.columns());
    }

    List<String> order = List.copyOf(columns);
    decoder = new EventDecoder(schemas, ours.get(0).eventType(), order, plan.eventTimeMin());

    SetAsideLimit limit = config().setAsideLimit();
    targets = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      targets.add(
          new Target(
              plan.slots().get(i).number(),
              plan.slots().get(i).generation().coverage(),
              ours.get(i).bind(order),
              new SetAsideCount("view " + ours.get(i).name(), limit, getRuntimeContext())));
    }
  }

  @Override
  public void processElement(StreamRecord<Envelope> element) throws Exception {
    Envelope envelope = element.getValue();
    if (envelope.partition() != partition) {
      partition = envelope.partition();
      reading = readings.get(partition);
    }

    if (reading != null && envelope.offset() < reading.first) {
      // Counted before the checkpoint; a source that began anew reads them again.
      return;
    }
    if (reading == null || envelope.offset() < reading.next) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "Record at partition %d offset %d was delivered again or is of a partition that nobody asked for (expected offsets from %s)",
                  envelope.partition(),
                  envelope.offset(),
                  reading == null ? "none" : reading.next)));
    }

    long logTime = reading.logTime.advance(envelope.appendTimeMillis());
    reading.next = envelope.offset() + 1;
    reading.moved = true;

    if (envelope.tick()) {
      ticks.inc();
    } else {
      count(envelope, Epoch.numberAt(logTime, plan.epochLength()));
    }

    flushSoon();
  }

  private void count(Envelope envelope, long epoch) {
    Decoded decoded =
        decoder.decode(
            envelope.value(), envelope.partition(), envelope.offset(), envelope.appendTimeMillis());
    if (decoded instanceof Rejection rejection) {
      rejected.inc();
      tell(envelope, rejection);
      if (deadLetters != null) {
        deadLetters.send(envelope, rejection);
      }
      return;
    }

    Row row = ((DecodedEvent) decoded).row();
    try {
      contribute(envelope, epoch, row);
    } catch (InvalidInputException e) {
      throw new SuppressRestartsException(e);
    } catch (RuntimeException e) {
      // The same record would stop every further attempt in the same way.
      throw new SuppressRestartsException(
          new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "Cannot count the record at topic %s partition %d offset %d: %s",
                  plan.topic(),
                  envelope.partition(),
                  envelope.offset(),
                  e.getMessage()),
              e));
    }

    if (pending.size() >= MAX_ENTRIES) {
      sendContributions();
    }
  }

  /**
   * Once for each kind of rejection, so that a roll-out in the wrong order does not stay unseen.
   */
  private void tell(Envelope envelope, Rejection rejection) {
    String kind =
        rejection.reason() == Rejection.Reason.UNKNOWN_SCHEMA
            ? rejection.detail()
            : rejection.reason().name();

    if (told.size() < MAX_TOLD && told.add(kind)) {
      LOG.warn(
          "Passed over topic {} partition {} offset {} (told once for its kind): {} {}",
          plan.topic(),
          envelope.partition(),
          envelope.offset(),
          rejection.reason(),
          rejection.detail());
    }
  }

  private void contribute(Envelope envelope, long epoch, Row row) {
    for (Target target : targets) {
      if (epoch < target.coverage()) {
        continue;
      }
      BoundView view = target.view();
      if (view.accepts(row)) {
        view.addTo(pending.at(target.slot(), view, epoch, envelope.partition(), envelope.offset()));
      }
      target.setAside().shown(view.whySetAside());
    }
  }

  private void flushSoon() {
    if (!flushIsDue) {
      flushIsDue = true;
      long wait = Math.min(FLUSH_MILLIS, Math.max(1, plan.emitInterval().toMillis() / 2));
      getProcessingTimeService()
          .registerTimer(
              getProcessingTimeService().getCurrentProcessingTime() + wait,
              time -> {
                flushIsDue = false;
                send();
              });
    }
  }

  private void sendContributions() {
    pending.drainTo(contribution -> output.collect(new StreamRecord<>(contribution)));
  }

  private void send() {
    sendContributions();
    readings.forEach(
        (number, at) -> {
          if (at.moved) {
            at.moved = false;
            output.collect(POSITIONS, new StreamRecord<>(position(number, at)));
          }
        });
  }

  private static Position position(int partition, Reading reading) {
    return new Position(partition, reading.next, reading.logTime.millis());
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    if (pending.earliestEpoch() != Long.MAX_VALUE
        && new Epoch(pending.earliestEpoch(), plan.epochLength()).endMillis() - 1
            <= mark.getTimestamp()) {
      sendContributions();
    }
    if (mark.getTimestamp() < Watermark.MAX_WATERMARK.getTimestamp()) {
      super.processWatermark(mark);
    }
    // The greatest means that the job is being drained, not that the log has ended: were open
    // epochs closed by it, a job that goes on from the savepoint would begin their totals anew.
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) {
    send();
  }

  @Override
  public void endInput() {
    send();
  }

  @Override
  public void close() throws Exception {
    try (DeadLetterTopic closed = deadLetters) {
      super.close();
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    List<Position> all = new ArrayList<>();
    readings.forEach((number, at) -> all.add(position(number, at)));
    positions.update(all);
    signature.update(plan.signature());
  }
}
