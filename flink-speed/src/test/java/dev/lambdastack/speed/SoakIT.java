package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.handoff.Generation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a job remembers depends on the epochs that are open, not on those that were. */
@ExtendWith(TestingClusters.class)
class SoakIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration EPOCH = Duration.ofMillis(500);
  private static final int EPOCHS = 30;

  /** Epochs that watermarks may not have closed yet though all of their records were read. */
  private static final int CLOSING = 2;

  /**
   * What a checkpoint holds, and which epochs were open then.
   *
   * @param from the first that may have been; all before it were known to be whole
   * @param to the one that ran
   */
  private record Sample(long from, long to, CheckpointedTotals totals) {
    /** How many of these cells are of those epochs. */
    long open(Set<String> cells) {
      return cells.stream()
          .mapToLong(name -> Long.parseLong(name.substring(name.lastIndexOf(' ') + 1)))
          .filter(epoch -> epoch >= from && epoch <= to)
          .count();
    }
  }

  private static long epochOf(Instant time) {
    return time.toEpochMilli() / EPOCH.toMillis();
  }

  private static Sample sample(LambdaConfig config, RunningSpeedJob job) throws Exception {
    long whole = job.freshness(Instant.MAX).map(SoakIT::epochOf).orElse(0L);
    AtomicReference<CheckpointedTotals> totals = new AtomicReference<>();
    // It goes in the end: then a newer one is there.
    Await.until(
        "a checkpoint",
        LIMIT,
        () -> {
          totals.set(CheckpointedTotals.of(config, job.newestCheckpoint().orElseThrow()));
          return true;
        });
    return new Sample(whole - CLOSING, epochOf(Instant.now()), totals.get());
  }

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
    try (Connection hbase = HBaseConnector.connect(config);
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders");
        TestingOrders orders = new TestingOrders("orders", 30)) {
      TestingClusters.removeViews(hbase);
      List<Sample> samples = new ArrayList<>();
      Map<String, String> cells;
      try (RunningSpeedJob job = Launch.start(config, "orders", SpeedOptions.defaults())) {
        job.awaitRunning(LIMIT);
        for (int i = 0; i < EPOCHS; i++) {
          long epoch = epochOf(Instant.now());
          do {
            orders.send(20, 0, 1, 2);
            // The rate: events flow all through the epoch.
            Thread.sleep(50);
          } while (epochOf(Instant.now()) == epoch);
          samples.add(sample(config, job));
        }
        log.tick(log.partitions());
        job.awaitApplied(log.endOffsets(), LIMIT);
        var epochs = TestingCells.epochs(orders.log(3), EPOCH);
        cells = new TreeMap<>(TestingCells.actionMetrics(orders, epochs, 0));
        TestingCells.dailySales(orders, epochs, 0).forEach((n, v) -> cells.put("sales " + n, v));
        // Nothing more comes but ticks: with the last epoch the last total goes.
        job.awaitFreshness(Instant.now().plus(EPOCH.multipliedBy(2)), LIMIT);
        Await.until(
            "a checkpoint without totals",
            LIMIT,
            () -> {
              CheckpointedTotals end = sample(config, job).totals();
              return end.rows() == 0 && end.cells() == 0;
            });
        System.out.printf(
            "soak: %d cells over %d epochs; rows, cells and bytes in the checkpoints: %s, at the end none%n",
            cells.size(), EPOCHS, samples);
        Generation metrics = job.generations().get(0);
        assertThat(TestingCells.actual(hbase, metrics))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
      }
      assertThat(samples)
          .hasSize(EPOCHS)
          .allMatch(s -> s.totals().cells() <= s.open(cells.keySet()))
          .allMatch(s -> s.totals().rows() <= s.totals().cells());
      assertThat(samples.stream().filter(s -> s.totals().cells() > 0).count())
          .isGreaterThan(EPOCHS / 2);
      // A machine that is late has more epochs open for a while, but not all the time.
      long early = bytes(samples.subList(5, 15)).max().orElseThrow();
      long late = bytes(samples.subList(20, 30)).min().orElseThrow();
      assertThat(late).as("bytes, at first %d", early).isLessThan(early * 3 / 2);
    }
  }

  private static LongStream bytes(List<Sample> samples) {
    return samples.stream().mapToLong(s -> s.totals().bytes());
  }
}
