package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Generation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both state backends carry the totals of an open epoch through failures, restores and rescaling.
 */
@ExtendWith(TestingClusters.class)
class StateBackendsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** Longer than the test: all that is counted stays in state. */
  private static final Duration EPOCH = Duration.ofHours(2);

  private static LambdaConfig config(String backend, int parallelism) {
    return TestingClusters.config(
        Map.of(
            "lambda.epoch",
            "2h",
            "lambda.speed.state-backend",
            backend,
            "lambda.speed.parallelism",
            String.valueOf(parallelism),
            // Small state would go into the checkpoint's metadata, where nothing is shared.
            "flink.execution.checkpointing.data-inline-threshold",
            "0 b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hashmap", "rocksdb"})
  void totalsOfAnOpenEpochSurviveFailuresRestoresAndRescaling(String backend) throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    UnrulySink.calm();
    LambdaConfig first = config(backend, 2);
    try (Connection hbase = HBaseConnector.connect(first);
        TopicLog log = TopicLog.open(first.kafka().within(LIMIT), "orders");
        TestingOrders orders = new TestingOrders("orders", 9)) {
      TestingClusters.removeViews(hbase);
      Generation metrics = null;
      Generation sales = null;
      for (int parallelism : new int[] {2, 3}) {
        try (RunningSpeedJob job =
            Launch.start(
                config(backend, parallelism),
                "orders",
                SpeedOptions.defaults().withSink(UnrulySink::new))) {
          assertThat(job.resumedFrom().isPresent()).isEqualTo(metrics != null);
          metrics = job.generations().get(0);
          sales = job.generations().get(1);
          assertThat(metrics.number()).isEqualTo(1);
          orders.send(200, 0, 1, 2);
          job.awaitApplied(log.endOffsets(), LIMIT);
          UnrulySink.FAIL_NEXT.set(1);
          orders.send(200, 0, 1, 2);
          job.awaitApplied(log.endOffsets(), LIMIT);
          assertThat(UnrulySink.FAIL_NEXT.get()).as("failures to come").isZero();
          assertShared(job, orders, backend.equals("rocksdb"));
        }
      }
      assertThat(UnrulySink.FAILURES.get()).isEqualTo(2);
      String other = backend.equals("rocksdb") ? "hashmap" : "rocksdb";
      assertThatThrownBy(() -> Launch.start(config(other, 2), "orders", SpeedOptions.defaults()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(backend + " wrote it");
      var epochs = TestingCells.epochs(orders.log(3), EPOCH);
      assertThat(TestingCells.actual(hbase, metrics))
          .isEqualTo(TestingCells.actionMetrics(orders, epochs, metrics.coverage()));
      assertThat(TestingCells.actual(hbase, sales))
          .isEqualTo(TestingCells.dailySales(orders, epochs, sales.coverage()));
    } finally {
      UnrulySink.calm();
    }
  }

  /**
   * An incremental checkpoint shares files with one before it, and adds some; between some two of
   * them RocksDB compacts all that there is.
   */
  private static void assertShared(RunningSpeedJob job, TestingOrders orders, boolean incremental)
      throws Exception {
    if (incremental) {
      Await.until(
          "a checkpoint that shares files with one before it",
          LIMIT,
          () -> {
            Set<String> before = shared(job);
            return sharedAfterMore(job, orders).stream().anyMatch(before::contains);
          });
    } else {
      assertThat(sharedAfterMore(job, orders)).isEmpty();
    }
  }

  private static Set<String> sharedAfterMore(RunningSpeedJob job, TestingOrders orders)
      throws Exception {
    orders.send(20, 0, 1, 2);
    job.awaitCheckpoint(LIMIT);
    job.awaitCheckpoint(LIMIT);
    return shared(job);
  }

  /** Files that belong to no single checkpoint of the job that runs. */
  private static Set<String> shared(RunningSpeedJob job) throws IOException {
    Path folder = new Path(new Path(job.newestCheckpoint().orElseThrow()).getParent(), "shared");
    FileSystem files = folder.getFileSystem(TestingClusters.config(Map.of()).hadoop());
    Set<String> names = new TreeSet<>();
    try {
      for (FileStatus file : files.listStatus(folder)) {
        names.add(file.getPath().getName());
      }
    } catch (FileNotFoundException e) {
      // None yet.
    }
    return names;
  }
}
