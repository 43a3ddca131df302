package dev.lambdastack.speed.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.TestingPlans;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.Aggregate;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochTotalsOperatorTest {
  private static final SpeedPlan PLAN = TestingPlans.from(Map.of(0, 0L), 0);
  private static final View VIEW = TestingPlans.views().get(0);
  private static final RowId BREAD = new RowId(0, "bread".getBytes(StandardCharsets.UTF_8));
  private static final RowId WINE = new RowId(0, "wine".getBytes(StandardCharsets.UTF_8));

  private static final class Harness
      extends KeyedOneInputStreamOperatorTestHarness<RowId, Contribution, Total> {
    Harness(boolean rocks) throws Exception {
      super(new EpochTotalsOperator(PLAN), Contribution::id, RowId.TYPE);
      setStateBackend(rocks ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend());
      setup(Total.TYPE.createSerializer(null));
    }

    void add(RowId id, long epoch, int events) throws Exception {
      processElement(new Contribution(id, epoch, 3, 42, aggregate(events).toBytes()), 0);
    }

    /** What was emitted since the last call: row, epoch, events. */
    List<String> emitted() {
      List<String> lines =
          extractOutputValues().stream()
              .map(
                  t ->
                      String.format(
                          Locale.ROOT,
                          "%s %d %d",
                          new String(t.id().row(), StandardCharsets.UTF_8),
                          t.epoch(),
                          t.events()))
              .sorted()
              .toList();
      getOutput().clear();
      return lines;
    }
  }

  private static Harness open(OperatorSubtaskState state, boolean rocks) throws Exception {
    Harness harness = new Harness(rocks);
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChangedTotalIsEmittedOnceAfterTheInterval(boolean rocks) throws Exception {
    try (Harness harness = open(null, rocks)) {
      harness.add(BREAD, 7, 2);
      harness.add(BREAD, 7, 3);
      harness.add(BREAD, 8, 1);
      harness.setProcessingTime(499);
      assertThat(harness.emitted()).isEmpty();
      harness.setProcessingTime(500);
      assertThat(harness.emitted()).containsExactly("bread 7 5", "bread 8 1");
      harness.setProcessingTime(5000);
      assertThat(harness.emitted()).isEmpty();
      harness.add(BREAD, 7, 1);
      harness.setProcessingTime(6000);
      assertThat(harness.emitted()).containsExactly("bread 7 6");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsChangedAtABarrierIsEmittedBeforeIt(boolean rocks) throws Exception {
    try (Harness harness = open(null, rocks)) {
      harness.add(BREAD, 7, 2);
      harness.add(WINE, 7, 1);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(harness.emitted()).containsExactly("bread 7 2", "wine 7 1");
      harness.prepareSnapshotPreBarrier(2);
      assertThat(harness.emitted()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void afterABarrierTheIntervalBeginsWithTheNextChange(boolean rocks) throws Exception {
    try (Harness harness = open(null, rocks)) {
      harness.add(BREAD, 7, 2);
      harness.setProcessingTime(400);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(harness.emitted()).containsExactly("bread 7 2");
      harness.setProcessingTime(450);
      harness.add(BREAD, 7, 1);
      harness.setProcessingTime(949);
      assertThat(harness.emitted()).isEmpty();
      harness.setProcessingTime(950);
      assertThat(harness.emitted()).containsExactly("bread 7 3");
      harness.add(BREAD, 7, 1);
      harness.prepareSnapshotPreBarrier(2);
      assertThat(harness.emitted()).containsExactly("bread 7 4");
      harness.setProcessingTime(3000);
      harness.add(BREAD, 7, 1);
      harness.setProcessingTime(3500);
      assertThat(harness.emitted()).containsExactly("bread 7 5");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEpochThatClosesEmitsItsTotalsAndLeavesNothing(boolean rocks) throws Exception {
    try (Harness harness = open(null, rocks)) {
      harness.add(BREAD, 7, 2);
      harness.add(BREAD, 8, 2);
      harness.processWatermark(798);
      assertThat(harness.emitted()).noneMatch(line -> line.startsWith("bread"));
      harness.processWatermark(799);
      Object first = harness.getOutput().peek();
      assertThat(first).asString().contains("Total");
      assertThat(harness.extractOutputValues()).hasSize(2);
      harness.getOutput().clear();
      assertThat(harness.numEventTimeTimers()).isEqualTo(1);
      harness.processWatermark(899);
      assertThat(harness.numEventTimeTimers()).isZero();
      if (!rocks) {
        assertThat(harness.numKeyedStateEntries()).isZero();
      }
    }
  }

  @Test
  void aContributionToAClosedEpochFailsTheJobForGoodAndSaysWhere() throws Exception {
    try (Harness harness = open(null, false)) {
      harness.processWatermark(799);
      harness.add(BREAD, 8, 1);
      assertThatThrownBy(() -> harness.add(BREAD, 7, 1))
          .isInstanceOf(SuppressRestartsException.class)
          .hasRootCauseMessage(
              "The record at topic orders partition 3 offset 42 belongs to epoch 7 of view action_metrics, which is closed (watermark 799, epoch end 800)");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void totalsAndTheirClosingSurviveARestore(boolean rocks) throws Exception {
    OperatorSubtaskState state;
    try (Harness harness = open(null, rocks)) {
      harness.add(BREAD, 7, 2);
      harness.prepareSnapshotPreBarrier(1);
      state = harness.snapshot(1, 1);
      harness.add(BREAD, 7, 100); // lost with the attempt
    }
    try (Harness harness = open(state, rocks)) {
      harness.add(BREAD, 7, 1);
      harness.prepareSnapshotPreBarrier(2);
      assertThat(harness.emitted()).containsExactly("bread 7 3");
      harness.processWatermark(799);
      assertThat(harness.numEventTimeTimers()).isZero();
    }
  }

  @Test
  void theEndOfTheInputEmits() throws Exception {
    try (Harness harness = open(null, false)) {
      harness.add(BREAD, 7, 2);
      harness.endInput();
      assertThat(harness.emitted()).containsExactly("bread 7 2");
    }
  }

  @Test
  void theValueOfATotalIsTheMergedAggregate() throws Exception {
    try (Harness harness = open(null, false)) {
      harness.add(BREAD, 7, 2);
      harness.add(BREAD, 7, 3);
      harness.endInput();
      assertThat(harness.extractOutputValues().get(0).value()).isEqualTo(aggregate(5).toBytes());
    }
  }

  /** So many purchases of 1.00 by customer 1. */
  private static Aggregate aggregate(int events) {
    BoundView view = VIEW.bind(List.of("action", "amount", "customer_id"));
    Aggregate aggregate = VIEW.shape().emptyAggregate();
    for (int i = 0; i < events; i++) {
      assertThat(view.accepts(new Purchase())).isTrue();
      view.addTo(aggregate);
    }
    return aggregate;
  }

  private static final class Purchase implements Row {
    @Override
    public boolean isNull(int column) {
      return false;
    }

    @Override
    public long longAt(int column) {
      return column == 1 ? 100 : 1;
    }

    @Override
    public double doubleAt(int column) {
      throw new AssertionError();
    }

    @Override
    public byte[] utf8At(int column) {
      return "purchase".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long eventTime() {
      return 0;
    }

    @Override
    public int partition() {
      return 0;
    }

    @Override
    public long offset() {
      return 0;
    }
  }
}
