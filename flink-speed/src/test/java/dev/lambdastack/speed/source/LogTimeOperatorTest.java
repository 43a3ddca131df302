package dev.lambdastack.speed.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.TestingPlans;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;

class LogTimeOperatorTest {
  private static final int ACTION_METRICS = 0;
  private static final int DAILY_SALES = 1;
  private static final SpeedPlan PLAN = TestingPlans.from(Map.of(0, 0L, 1, 0L), 0);

  /** Append times of tests are small; event times may be a day ahead at most. */
  private static final Instant EVENT_TIME = Instant.parse("1990-01-01T00:00:30Z");

  private static final long BASE = EVENT_TIME.toEpochMilli();

  @Test
  void epochsFollowTheRunningMaximumOfEachPartition() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 0, BASE + 250), 0);
      harness.processElement(order(0, 1, BASE + 110), 0); // the broker's clock stepped back
      harness.processElement(order(1, 0, BASE + 110), 0);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(epochs(harness)).isEqualTo(Map.of(at(250), 2L, at(110), 1L));
    }
  }

  /** A topic that is gone ends the job, be it known by what Kafka said; an outage does not. */
  @Test
  void theTypeOfAFaultDecidesWhetherTheJobRestarts() {
    InvalidInputException gone =
        new InvalidInputException(
            "No topic 'orders'", new UnknownTopicOrPartitionException("unknown"));
    UnavailableException away = new UnavailableException("Cannot reach Kafka");

    assertThatThrownBy(() -> open(PLAN, 1, 0, null, (plan, next) -> raise(gone)))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(gone);
    assertThatThrownBy(() -> open(PLAN, 1, 0, null, (plan, next) -> raise(away))).isSameAs(away);
  }

  private static void raise(RuntimeException fault) {
    throw fault;
  }

  @Test
  void ticksAndWhatDoesNotDecodeMoveLogTimeAndCountNothing() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(new Envelope(0, 0, BASE + 150, true, new byte[0]), 0);
      harness.processElement(new Envelope(0, 1, BASE + 250, false, new byte[] {1, 2}), 0);
      harness.processElement(new Envelope(0, 2, BASE + 350, false, null), 0);
      harness.processElement(order(0, 3, BASE), 0);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(epochs(harness)).isEqualTo(Map.of(at(350), 1L));
      assertThat(positions(harness)).containsExactly(new Position(0, 4, BASE + 350));
    }
  }

  @Test
  void nothingStaysBehindABarrier() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 0, BASE), 0);
      assertThat(harness.extractOutputValues()).isEmpty();
      harness.prepareSnapshotPreBarrier(1);
      assertThat(harness.extractOutputValues()).isNotEmpty();
      assertThat(positions(harness)).containsExactly(new Position(0, 1, BASE));
    }
  }

  @Test
  void nothingStaysBehindAWatermarkThatClosesItsEpoch() throws Exception {
    long end = (at(0) + 1) * 100;
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 0, BASE), 0);
      harness.processWatermark(end - 2);
      assertThat(harness.extractOutputValues()).isEmpty();
      harness.processWatermark(end - 1);
      List<Object> output = List.copyOf(harness.getOutput());
      assertThat(output.get(output.size() - 1).toString()).contains("Watermark");
      assertThat(epochs(harness)).isEqualTo(Map.of(at(0), 1L));
    }
  }

  @Test
  void aJobThatIsDrainedKeepsItsEpochsOpen() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 0, BASE), 0);
      harness.processWatermark(Long.MAX_VALUE);
      assertThat(epochs(harness)).isEqualTo(Map.of(at(0), 1L));
      assertThat(harness.getOutput()).noneMatch(o -> o.toString().contains("Watermark"));
    }
  }

  @Test
  void nothingStaysLongerThanAShortTimeNorPastTheEnd() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 0, BASE), 0);
      harness.setProcessingTime(100);
      assertThat(epochs(harness)).isEqualTo(Map.of(at(0), 1L));
      harness.processElement(order(0, 1, BASE), 0);
      harness.endInput();
      assertThat(epochs(harness)).isEqualTo(Map.of(at(0), 2L));
    }
  }

  @Test
  void manyEventsOfARowAreOneContribution() throws Exception {
    try (var harness = open(PLAN)) {
      for (int i = 0; i < 1000; i++) {
        harness.processElement(order(0, i, BASE), 0);
      }
      harness.prepareSnapshotPreBarrier(1);
      assertThat(harness.extractOutputValues())
          .filteredOn(c -> c.id().slot() == ACTION_METRICS)
          .singleElement()
          .satisfies(c -> assertThat(events(c)).isEqualTo(1000));
    }
  }

  @Test
  void epochsBeforeTheCoverageAreLeftToTheBatchLayer() throws Exception {
    long coverage = at(200);
    try (var harness = open(TestingPlans.from(Map.of(0, 5L), coverage))) {
      // A start at a horizon: log time is at least the horizon's, whatever the first append time.
      harness.processElement(order(0, 5, BASE + 100), 0);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(epochs(harness)).isEqualTo(Map.of(coverage, 1L));
    }
    SpeedPlan fromLogBegin =
        TestingPlans.with(TestingPlans.from(Map.of(0, 5L), coverage), Map.of(0, 0L));
    try (var harness = open(fromLogBegin)) {
      harness.processElement(order(0, 5, BASE + 100), 0);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(epochs(harness)).isEmpty();
    }
  }

  @Test
  void logTimeSurvivesARestoreIntoMoreOrFewerTasks() throws Exception {
    OperatorSubtaskState first;
    OperatorSubtaskState second;
    try (var a = open(PLAN, 2, 0, null);
        var b = open(PLAN, 2, 1, null)) {
      a.processElement(order(0, 0, BASE + 950), 0);
      b.processElement(order(1, 0, BASE + 450), 0);
      b.processElement(order(1, 1, BASE + 120), 0);
      a.prepareSnapshotPreBarrier(1);
      b.prepareSnapshotPreBarrier(1);
      first = a.snapshot(1, 1);
      second = b.snapshot(1, 1);
    }
    OperatorSubtaskState both = AbstractStreamOperatorTestHarness.repackageState(first, second);
    for (int parallelism : List.of(1, 3)) {
      for (int task = 0; task < parallelism; task++) {
        OperatorSubtaskState ours =
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                both, 128, 2, parallelism, task);
        try (var restored = open(PLAN, parallelism, task, ours)) {
          // Any task may get any partition.
          restored.processElement(order(0, 1, BASE), 0);
          restored.processElement(order(1, 2, BASE), 0);
          restored.prepareSnapshotPreBarrier(2);
          assertThat(epochs(restored)).isEqualTo(Map.of(at(950), 1L, at(450), 1L));
          // What was never read again is kept for the next restore.
          assertThat(positions(restored))
              .containsExactly(new Position(0, 2, BASE + 950), new Position(1, 3, BASE + 450));
        }
      }
    }
  }

  @Test
  void ofTwoTasksThatKnowAPartitionTheFartherOneIsRight() throws Exception {
    OperatorSubtaskState state;
    try (var harness = open(PLAN, 1, 0, null)) {
      harness.processElement(order(0, 0, BASE), 0);
      harness.prepareSnapshotPreBarrier(1);
      state = harness.snapshot(1, 1);
    }
    OperatorSubtaskState stale;
    OperatorSubtaskState fresh;
    try (var idle =
            open(
                PLAN,
                2,
                0,
                AbstractStreamOperatorTestHarness.repartitionOperatorState(state, 128, 1, 2, 0));
        var reader =
            open(
                PLAN,
                2,
                1,
                AbstractStreamOperatorTestHarness.repartitionOperatorState(state, 128, 1, 2, 1))) {
      reader.processElement(order(0, 1, BASE + 700), 0);
      reader.prepareSnapshotPreBarrier(2);
      stale = idle.snapshot(2, 2);
      fresh = reader.snapshot(2, 2);
    }
    for (OperatorSubtaskState both :
        List.of(
            AbstractStreamOperatorTestHarness.repackageState(stale, fresh),
            AbstractStreamOperatorTestHarness.repackageState(fresh, stale))) {
      try (var restored =
          open(
              PLAN,
              1,
              0,
              AbstractStreamOperatorTestHarness.repartitionOperatorState(both, 128, 2, 1, 0))) {
        restored.processElement(order(0, 2, BASE), 0);
        restored.prepareSnapshotPreBarrier(3);
        assertThat(epochs(restored)).isEqualTo(Map.of(at(700), 1L));
      }
    }
  }

  @Test
  void aRecordThatComesAgainFailsTheJob() throws Exception {
    try (var harness = open(PLAN)) {
      harness.processElement(order(0, 7, BASE), 0);
      assertThatThrownBy(() -> harness.processElement(order(0, 7, BASE), 0))
          .hasRootCauseMessage(
              "Record at partition 0 offset 7 was delivered again or is of a partition that nobody asked for (expected offsets from 8)");
    }
  }

  /** A source over more partitions begins anew, before the checkpoint. */
  @Test
  void whatWasCountedBeforeTheCheckpointIsPassedOver() throws Exception {
    SpeedPlan plan = TestingPlans.from(Map.of(0, 0L), 0);
    OperatorSubtaskState state;
    try (var harness = open(plan)) {
      harness.processElement(order(0, 0, BASE + 150), 0);
      harness.processElement(order(0, 1, BASE + 150), 0);
      harness.prepareSnapshotPreBarrier(1);
      state = harness.snapshot(1, 1);
    }
    try (var harness = open(plan, 1, 0, state)) {
      harness.processElement(order(0, 0, BASE + 150), 0);
      harness.processElement(order(0, 1, BASE + 150), 0);
      harness.processElement(order(0, 2, BASE + 120), 0);
      harness.prepareSnapshotPreBarrier(2);
      assertThat(epochs(harness)).isEqualTo(Map.of(at(150), 1L));
    }
  }

  @Test
  void goesOnWithoutAViewWhereItWasReadTo() throws Exception {
    OperatorSubtaskState state;
    try (var harness = open(TestingPlans.from(Map.of(0, 0L), 0))) {
      harness.processElement(order(0, 0, BASE + 150), 0);
      harness.prepareSnapshotPreBarrier(1);
      state = harness.snapshot(1, 1);
    }
    // The source begins at what was published, which is not behind the checkpoint.
    SpeedPlan left = TestingPlans.only(TestingPlans.from(Map.of(0, 1L), 0), DAILY_SALES);
    try (var harness = open(left, 1, 0, state)) {
      harness.processElement(order(0, 1, BASE + 120), 0);
      harness.prepareSnapshotPreBarrier(2);
      assertThat(harness.extractOutputValues())
          .singleElement()
          .satisfies(c -> assertThat(c.id().slot()).isEqualTo(DAILY_SALES))
          .satisfies(c -> assertThat(c.epoch()).isEqualTo(at(150)));
      state = harness.snapshot(2, 2);
    }
    // It never comes back: what was read without it, it lacks.
    OperatorSubtaskState without = state;
    assertThatThrownBy(() -> open(TestingPlans.from(Map.of(0, 0L), 0), 1, 0, without).close())
        .rootCause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("slot 0: action_metrics generation 1");
  }

  @Test
  void stateOfAnotherLifeIsRefused() throws Exception {
    OperatorSubtaskState state;
    try (var harness = open(PLAN)) {
      state = harness.snapshot(1, 1);
    }
    SpeedPlan other = TestingPlans.from("life-2", Map.of(0, 0L, 1, 0L), 0);
    assertThatThrownBy(() -> open(other, 1, 0, state).close())
        .rootCause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("belongs to other generations")
        .hasMessageContaining("life-1")
        .hasMessageContaining("life-2");
  }

  private static OneInputStreamOperatorTestHarness<Envelope, Contribution> open(SpeedPlan plan)
      throws Exception {
    return open(plan, 1, 0, null);
  }

  private static OneInputStreamOperatorTestHarness<Envelope, Contribution> open(
      SpeedPlan plan, int parallelism, int task, OperatorSubtaskState state) throws Exception {
    return open(plan, parallelism, task, state, (anyPlan, next) -> {});
  }

  private static OneInputStreamOperatorTestHarness<Envelope, Contribution> open(
      SpeedPlan plan, int parallelism, int task, OperatorSubtaskState state, TopicCheck check)
      throws Exception {
    var harness =
        new OneInputStreamOperatorTestHarness<>(
            new LogTimeOperator(
                plan,
                ViewsLoader.FROM_CLASS_PATH,
                SchemaStore.load(LogTimeOperatorTest.class.getClassLoader()),
                check),
            128,
            parallelism,
            task);
    harness.setup(Contribution.TYPE.createSerializer(null));
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  /** The epoch of an append time, given as milliseconds after {@link #BASE}. */
  private static long at(long millis) {
    return (BASE + millis) / 100;
  }

  /** Events of {@code action_metrics} that were sent, by epoch. */
  private static Map<Long, Long> epochs(
      OneInputStreamOperatorTestHarness<Envelope, Contribution> harness) {
    Map<Long, Long> events = new TreeMap<>();
    harness.extractOutputValues().stream()
        .filter(c -> c.id().slot() == ACTION_METRICS)
        .forEach(c -> events.merge(c.epoch(), events(c), Long::sum));
    return events;
  }

  private static long events(Contribution contribution) {
    return TestingPlans.views()
        .get(ACTION_METRICS)
        .shape()
        .decode(contribution.aggregate())
        .events();
  }

  private static List<Position> positions(
      OneInputStreamOperatorTestHarness<Envelope, Contribution> harness) {
    return harness.getSideOutput(LogTimeOperator.POSITIONS).stream()
        .map(r -> r.getValue())
        .toList();
  }

  private static Envelope order(int partition, long offset, long appendTime) {
    var schema = ReferenceEvents.ORDERS.schema();
    GenericRecord record = new GenericData.Record(schema);
    record.put("order_id", offset);
    record.put("customer_id", offset);
    record.put("product_id", 1L);
    record.put("product_category", "Bread");
    record.put("store_id", 1L);
    record.put(
        "action", new GenericData.EnumSymbol(schema.getField("action").schema(), "purchase"));
    record.put("quantity", 1);
    record.put("amount", BigDecimal.valueOf(100, 2));
    record.put("event_time", EVENT_TIME);
    return new Envelope(
        partition,
        offset,
        appendTime,
        false,
        new EventEncoder(ReferenceEvents.ORDERS).value(record));
  }
}
