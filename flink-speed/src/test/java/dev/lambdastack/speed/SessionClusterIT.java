package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.Store;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The job starts on a Flink session cluster, submitted through its REST endpoint. */
@ExtendWith(TestingClusters.class)
class SessionClusterIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  @Test
  void aJobThatWasSubmittedByRestCounts() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "1s"));
    Configuration flink = new Configuration();
    // The test's own classes are on the cluster's class path too.
    flink.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
    try (MiniCluster cluster =
            new MiniCluster(
                new MiniClusterConfiguration.Builder()
                    .setConfiguration(flink)
                    .setNumTaskManagers(2)
                    .setNumSlotsPerTaskManager(2)
                    .withRandomPorts()
                    .build());
        Connection hbase = Store.connect(config);
        TopicLog log = TopicLog.open(config.bootstrapServers(), LIMIT, "orders");
        TestingOrders orders = new TestingOrders("orders", 1)) {
      TestingClusters.removeViews(hbase);
      cluster.start();
      URI rest = cluster.getRestAddress().get();
      FlinkCluster session = new FlinkCluster(rest.getHost(), rest.getPort());
      orders.send(60, 0, 1, 2);
      RunningSpeedJob job =
          SpeedJob.start(
              config, "orders", SpeedOptions.defaults().withEnvironment(session::environment));
      try (job) {
        log.tick(log.partitions());
        job.awaitApplied(log.endOffsets(), LIMIT);
        var epochs = TestingCells.epochs(orders.log(3), Duration.ofSeconds(1));
        assertThat(TestingCells.actual(hbase, job.generations().get(0)))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
        assertThat(cluster.listJobs().get()).hasSize(1);
      }
    }
  }
}
