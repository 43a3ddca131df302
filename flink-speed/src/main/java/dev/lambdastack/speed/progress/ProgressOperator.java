package dev.lambdastack.speed.progress;

import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.HBaseThreads;
import dev.lambdastack.speed.plan.Restarts;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.Progress;
import java.io.IOException;
import java.time.Clock;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;

/**
 * Says how far the generations are. One task for the whole job, since what may be said of one
 * partition depends on all.
 *
 * <p>The positions that arrived before barrier k are published when checkpoint k is complete: then
 * every total that holds a record before them is durable. Nothing is published until the job has
 * read all that the log held when this attempt began: until then a total of an attempt before may
 * hide one of ours and lack a record that ours holds ({@link Progress} says why). A checkpoint
 * behind what was published is refused.
 */
public final class ProgressOperator extends AbstractStreamOperator<Void>
    implements OneInputStreamOperator<Position, Void> {
  private static final long serialVersionUID = 1L;

  private final SpeedPlan plan;

  private transient ListState<Position> state;
  private transient OptionalLong restored;
  private transient volatile Map<Integer, Position> positions;
  private transient TreeMap<Long, Map<Integer, Position>> atBarriers;
  private transient Map<Integer, Long> catchUp;
  private transient Connection hbase;
  private transient RunClaim claim;
  private transient AutoCloseable signing;
  private transient TopicAgreement adoptions;
  private transient TopicLog log;
  private transient Ticker ticker;
  private transient Publication publication;
  private transient ExecutorService publisher;
  private transient AtomicReference<Progress> unpublished;

  public ProgressOperator(SpeedPlan plan) {
    this.plan = plan;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    state =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("positions", new Position.Serializer()));
    restored = context.getRestoredCheckpointId();

    Map<Integer, Position> initial = new TreeMap<>();
    plan.starts()
        .forEach(
            (p, offset) -> initial.put(p, new Position(p, offset, plan.startLogTimes().get(p))));
    for (Position position : state.get()) {
      initial.put(position.partition(), position);
    }

    positions = Collections.unmodifiableMap(initial);
  }

  @Override
  public void open() throws Exception {
    super.open();
    atBarriers = new TreeMap<>();
    unpublished = new AtomicReference<>();
    claim = RunClaim.of(plan).attempt(restored);

    HBaseThreads.endWith(getRuntimeContext()::registerUserCodeClassLoaderReleaseHookIfAbsent);
    hbase =
        ConnectionFactory.createConnection(
            plan.settings().toConfiguration(HBaseConfiguration.create()));
    LambdaConfig config = LambdaConfig.of(plan.settings().toConfiguration(new Configuration()));
    adoptions = TopicAgreement.of(config, plan.topic(), plan.topicId());
    publication = new Publication(new PublishedTable(hbase), plan.slots());
    catchUp = new HashMap<>();

    Restarts.decide(this::openTopic);
    if (restored.isPresent()) {
      checkNotBehind();
    }

    // Now no total of an attempt before, though it be cut off and live, holds a record behind the
    // ends. Also without a checkpoint: such an attempt may have written totals already.
    Restarts.decide(claim::takeOver);

    Restarts.decide(() -> catchUp.putAll(log.endOffsets()));
    catchUp.keySet().retainAll(Positions.before(positions, catchUp));

    Restarts.decide(claim::check);
    if (restored.isEmpty()) {
      // Claims nothing: where the generation begins. A restored position may lie within a catch-up.
      publication.publish(Positions.progress(positions));
    }

    publisher =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread daemon = new Thread(task, "lambda-speed-progress");
              daemon.setDaemon(true);
              return daemon;
            });

    ticker.start();
    signing = claim.signing();
  }

  private void openTopic() {
    log = TopicLog.open(plan.kafka(), plan.topic());
    ticker = new Ticker(plan, log, Clock.systemUTC(), () -> positions, catchUp, this::fail);
  }

  private void checkNotBehind() throws Exception {
    for (Slot slot : plan.slots()) {
      Optional<String> behind =
          Positions.behind(
              positions,
              publication.published(slot),
              String.format(
                  Locale.ROOT,
                  "generation %d of view %s",
                  slot.generation().number(),
                  slot.view()));
      if (behind.isPresent()) {
        throw new SuppressRestartsException(new InvalidInputException(behind.get()));
      }
    }
  }

  @Override
  public void processElement(StreamRecord<Position> element) {
    Position position = element.getValue();
    Map<Integer, Position> next = new TreeMap<>(positions);
    next.put(position.partition(), position);
    positions = Collections.unmodifiableMap(next);
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    // What completes deletes the one before, which another run may be going on from.
    Restarts.decide(claim::check);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    state.update(List.copyOf(positions.values()));
    atBarriers.put(context.getCheckpointId(), positions);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    Map<Integer, Position> durable = atBarriers.remove(checkpointId);
    atBarriers.headMap(checkpointId).clear();
    if (durable == null || !Positions.before(durable, catchUp).isEmpty()) {
      return;
    }
    if (unpublished.getAndSet(Positions.progress(durable)) == null) {
      publisher.execute(this::publishLatest);
    }
  }

  /** In the publisher's thread: the source must not wait for HBase. */
  private void publishLatest() {
    Progress latest = unpublished.getAndSet(null);
    try {
      claim.check();
      checkAllAreRead();
      publication.publish(latest);
    } catch (Exception e) {
      fail(e);
    }
  }

  /**
   * A partition that we do not read counts from two epochs after it was noticed: what we say must
   * not reach there.
   */
  private void checkAllAreRead() throws IOException {
    Set<Integer> known = adoptions.read().map(Adoptions::partitions).orElse(Set.of());
    if (!plan.starts().keySet().containsAll(known)) {
      throw new PartitionsAddedException(plan.topic(), plan.starts().keySet(), known);
    }
  }

  private void fail(Exception cause) {
    getContainingTask().getEnvironment().failExternally(Restarts.decided(cause));
  }

  @Override
  public void close() throws Exception {
    if (publisher != null) {
      publisher.shutdown();
    }

    try (Connection lastToClose = hbase;
        Ticker closed = ticker;
        AutoCloseable ended = signing) {
      if (publisher != null) {
        publisher.awaitTermination(30, TimeUnit.SECONDS);
      }
    } finally {
      super.close();
    }
  }
}
