package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.views.Generation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a job remembers depends on the epochs that are open, not on those that were. */
@ExtendWith(TestingClusters.class)
class SoakIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration EPOCH = Duration.ofMillis(500);
  private static final int EPOCHS = 30;

  /** Open at once: the one that runs, and those before it while their last records come. */
  private static final int OPEN = 4;

  @Test
  void stateStaysFlatOverThirtyEpochs() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config =
        TestingClusters.config(
            Map.of(
                "lambda.epoch",
                "500ms",
                // So that one can be looked at before it goes.
                "flink.execution.checkpointing.num-retained",
                "20"));
    try (Connection hbase = Store.connect(config);
        TopicLog log = TopicLog.open(config.bootstrapServers(), LIMIT, "orders");
        TestingOrders orders = new TestingOrders("orders", 30)) {
      TestingClusters.removeViews(hbase);
      List<CheckpointedTotals> samples = new ArrayList<>();
      Map<String, String> cells;
      try (RunningSpeedJob job = SpeedJob.start(config, "orders", SpeedOptions.defaults())) {
        job.awaitRunning(LIMIT);
        long first = System.currentTimeMillis() / EPOCH.toMillis() + 1;
        for (long epoch = first; epoch < first + EPOCHS; epoch++) {
          while (System.currentTimeMillis() < (epoch + 1) * EPOCH.toMillis()) {
            orders.send(20, 0, 1, 2);
            // The rate: events flow all through the epoch.
            Thread.sleep(50);
          }
          samples.add(CheckpointedTotals.of(config, job.newestCheckpoint().orElseThrow()));
        }
        log.tick(log.partitions());
        job.awaitApplied(log.endOffsets(), LIMIT);
        var epochs = TestingCells.epochs(orders.log(3), EPOCH);
        cells = new TreeMap<>(TestingCells.actionMetrics(orders, epochs, 0));
        TestingCells.dailySales(orders, epochs, 0).forEach((n, v) -> cells.put("sales " + n, v));
        // Nothing more comes but ticks: with the last epoch the last total goes.
        job.awaitFreshness(Instant.now().plus(EPOCH.multipliedBy(2)), LIMIT);
        job.awaitCheckpoint(LIMIT);
        CheckpointedTotals end =
            CheckpointedTotals.of(config, job.newestCheckpoint().orElseThrow());
        System.out.printf(
            "soak: %d cells over %d epochs; rows, cells and bytes in the checkpoints: %s, at the end %s%n",
            cells.size(), EPOCHS, samples, end);
        assertThat(end.rows()).isZero();
        assertThat(end.cells()).isZero();
        Generation metrics = job.generations().get(0);
        assertThat(TestingCells.actual(hbase, metrics))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
      }
      long most = OPEN * (long) cells.size() / EPOCHS * 3 / 2;
      assertThat(samples).hasSize(EPOCHS);
      assertThat(samples).allMatch(s -> s.cells() <= most).allMatch(s -> s.rows() <= s.cells());
      assertThat(samples.stream().filter(s -> s.cells() > 0).count()).isGreaterThan(EPOCHS / 2);
      long early = samples.subList(5, 15).stream().mapToLong(s -> s.bytes()).max().orElseThrow();
      long late = samples.subList(20, 30).stream().mapToLong(s -> s.bytes()).max().orElseThrow();
      assertThat(late).as("bytes, at first %d", early).isLessThan(early * 3 / 2);
    }
  }
}
