package dev.lambdastack.speed.window;

import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Epoch;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Keeps the total of each row and open epoch. A changed total is emitted after the emit interval,
 * before a barrier (so that a checkpoint that completes means cells that are written), before its
 * epoch closes and at the end of the input. With its epoch a total's state goes.
 *
 * <p>A contribution to a closed epoch cannot be: log time never goes back and the watermark is
 * behind it in each partition. Where it is all the same, the total is gone and a new one would be
 * partial: the job fails, for good, and says where.
 *
 * <p>Flink's window operator is not used: it cannot emit at a barrier.
 */
public final class EpochTotalsOperator extends AbstractStreamOperator<Total>
    implements OneInputStreamOperator<Contribution, Total>,
        Triggerable<RowId, VoidNamespace>,
        BoundedOneInput {
  private static final long serialVersionUID = 1L;
  private static final int MAX_CHANGED = 16_384;
  private static final long NEVER = Long.MAX_VALUE;

  private final SpeedPlan plan;

  /** Totals that changed since they were last emitted; state has what they were. */
  private transient Map<RowId, TreeMap<Long, Aggregate>> changed;

  private transient MapState<Long, byte[]> totals;
  private transient InternalTimerService<VoidNamespace> timers;
  private transient Map<Integer, ViewShape> shapes;
  private transient int changedCells;
  private transient long earliestChanged;

  /** When what changed is to be emitted; {@link #NEVER} when nothing has. */
  private transient long due;

  private transient boolean timerIsSet;

  public EpochTotalsOperator(SpeedPlan plan) {
    this.plan = plan;
  }

  @Override
  public void open() throws Exception {
    super.open();
    shapes = new HashMap<>();
    plan.slots().forEach(slot -> shapes.put(slot.number(), slot.generation().shape()));

    totals =
        getKeyedStateStore()
            .getMapState(
                new MapStateDescriptor<>(
                    "totals", LongSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE));

    timers = getInternalTimerService("epochs", VoidNamespaceSerializer.INSTANCE, this);
    changed = new HashMap<>();
    due = NEVER;
    earliestChanged = Long.MAX_VALUE;
  }

  @Override
  public void processElement(StreamRecord<Contribution> element) throws Exception {
    Contribution contribution = element.getValue();
    long close = closeOf(contribution.epoch());
    if (close <= timers.currentWatermark()) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "The record at topic %s partition %d offset %d belongs to epoch %d of view %s, which is closed (watermark %d, epoch end %d)",
                  plan.topic(),
                  contribution.partition(),
                  contribution.offset(),
                  contribution.epoch(),
                  plan.slot(contribution.id().slot()).view(),
                  timers.currentWatermark(),
                  close + 1)));
    }

    ViewShape shape = shapes.get(contribution.id().slot());
    TreeMap<Long, Aggregate> epochs =
        changed.computeIfAbsent(contribution.id(), id -> new TreeMap<>());
    Aggregate total = epochs.get(contribution.epoch());
    if (total == null) {
      byte[] before = totals.get(contribution.epoch());
      total = before == null ? shape.emptyAggregate() : shape.decode(before);
      if (before == null) {
        timers.registerEventTimeTimer(VoidNamespace.INSTANCE, close);
      }
      epochs.put(contribution.epoch(), total);
      changedCells++;
      earliestChanged = Math.min(earliestChanged, contribution.epoch());
    }

    total.merge(shape.decode(contribution.aggregate()));
    if (changedCells >= MAX_CHANGED) {
      emit();
    } else {
      emitSoon();
    }
  }

  /** The last log time in the epoch. */
  private long closeOf(long epoch) {
    return new Epoch(epoch, plan.epochLength()).endMillis() - 1;
  }

  private void emitSoon() {
    if (due == NEVER) {
      due = getProcessingTimeService().getCurrentProcessingTime() + plan.emitInterval().toMillis();
      if (!timerIsSet) {
        setTimer();
      }
    }
  }

  private void setTimer() {
    timerIsSet = true;
    getProcessingTimeService()
        .registerTimer(
            due,
            time -> {
              timerIsSet = false;
              if (due <= time) {
                emit();
              } else if (due != NEVER) {
                // A barrier came first: what changed since then has its own time.
                setTimer();
              }
            });
  }

  /** Emits what changed; state then has it too. */
  private void emit() throws Exception {
    for (Map.Entry<RowId, TreeMap<Long, Aggregate>> row : changed.entrySet()) {
      setCurrentKey(row.getKey());
      for (Map.Entry<Long, Aggregate> cell : row.getValue().entrySet()) {
        byte[] value = cell.getValue().toBytes();
        totals.put(cell.getKey(), value);
        output.collect(
            new StreamRecord<>(
                new Total(row.getKey(), cell.getKey(), cell.getValue().events(), value)));
      }
    }

    changed.clear();
    changedCells = 0;
    earliestChanged = Long.MAX_VALUE;
    due = NEVER;
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    if (earliestChanged != Long.MAX_VALUE && closeOf(earliestChanged) <= mark.getTimestamp()) {
      emit();
    }
    super.processWatermark(mark);
  }

  @Override
  public void onEventTime(InternalTimer<RowId, VoidNamespace> timer) throws Exception {
    totals.remove(Epoch.numberAt(timer.getTimestamp(), plan.epochLength()));
  }

  @Override
  public void onProcessingTime(InternalTimer<RowId, VoidNamespace> timer) {
    throw new IllegalStateException("no processing-time timer is ever set");
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    emit();
  }

  @Override
  public void endInput() throws Exception {
    emit();
  }
}
