package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.reference.ReferenceViews;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.views.Generation;
import java.time.Duration;
import java.util.Map;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestingClusters.class)
class SpeedJobIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration EPOCH = Duration.ofSeconds(2);

  @Test
  void everyRecordIsInExactlyOneCell() throws Exception {
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "2s"));
    try (Connection hbase = Store.connect(config);
        TopicLog log = TopicLog.open(config.bootstrapServers(), LIMIT, "orders");
        TestingOrders orders = new TestingOrders("orders", 1)) {
      orders.send(500, 0, 1, 2);
      try (RunningSpeedJob job = SpeedJob.start(config, "orders", SpeedOptions.defaults())) {
        for (int i = 0; i < 10; i++) {
          orders.send(100, 0, 1, 2);
          job.awaitCheckpoint(LIMIT);
        }
        job.awaitApplied(log.endOffsets(), LIMIT);
        var epochs = TestingCells.epochs(orders.log(3), EPOCH);
        Generation metrics = job.generations().get(0);
        Generation sales = job.generations().get(1);
        assertThat(TestingCells.actual(hbase, metrics))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
        assertThat(TestingCells.actual(hbase, sales))
            .isEqualTo(TestingCells.dailySales(orders, epochs, 0));
        assertThat(epochs.values().stream().distinct().count()).isGreaterThan(1);
        PublishedStore store = new PublishedStore(hbase);
        assertThat(store.read("daily_sales").orElseThrow().row().generation()).contains(sales);
      }
    }
  }

  static ReferenceViews views() {
    return new ReferenceViews();
  }
}
