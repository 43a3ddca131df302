package dev.lambdastack.serving.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lambdastack.serving.testing.TestingHBase;
import dev.lambdastack.serving.testing.TestingHBase.Cluster;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.UnavailableException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a person is told when HBase is not there. */
@ExtendWith(TestingHBase.class)
class HBaseConnectorIT {
  /**
   * A client by itself waits for 20 minutes; more than half a minute is left for a busy machine.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Cluster cluster;

  HBaseConnectorIT(Cluster cluster) {
    this.cluster = cluster;
  }

  private static Configuration at(int port) {
    Configuration conf = HBaseConfiguration.create();
    conf.set("hbase.zookeeper.quorum", "127.0.0.1");
    conf.setInt("hbase.zookeeper.property.clientPort", port);
    return conf;
  }

  private static void assertUnreachable(Configuration conf) {
    long start = System.nanoTime();
    UnavailableException outage =
        catchThrowableOfType(
            UnavailableException.class,
            () -> {
              try (Connection connection = HBaseConnector.connect(LambdaConfig.of(conf))) {
                assertThat(connection).as("a connection to nothing").isNull();
              }
            });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
    assertThat(outage)
        .isNotNull()
        .message()
        .contains(
            "Cannot reach HBase",
            "127.0.0.1:" + conf.get("hbase.zookeeper.property.clientPort"),
            "hbase-site.xml")
        .doesNotContain("\n");
  }

  @Test
  void aPortWhereNobodyListens() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertUnreachable(at(port));
  }

  @Test
  void aPortThatNeverAnswers() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      assertUnreachable(at(socket.getLocalPort()));
    }
  }

  @Test
  void aZooKeeperWithoutThisHBase() {
    Configuration conf = cluster.configuration();
    conf.set("zookeeper.znode.parent", "/another");
    assertUnreachable(conf);
  }

  @Test
  void aClusterThatRunsIsConnectedTo() throws Exception {
    try (Connection connection = HBaseConnector.connect(LambdaConfig.of(cluster.configuration()))) {
      assertThat(new PublishedTable(connection).pointer().views()).isNotNull();
    }
  }
}
