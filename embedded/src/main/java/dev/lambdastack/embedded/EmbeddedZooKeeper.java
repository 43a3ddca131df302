package dev.lambdastack.embedded;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.zookeeper.MiniZooKeeperCluster;

/** One ZooKeeper server in this JVM, for HBase. */
final class EmbeddedZooKeeper implements AutoCloseable {
  private final ScratchFolder scratch;
  private final MiniZooKeeperCluster cluster;
  private final int port;

  private EmbeddedZooKeeper(ScratchFolder scratch, MiniZooKeeperCluster cluster, int port) {
    this.scratch = scratch;
    this.cluster = cluster;
    this.port = port;
  }

  static EmbeddedZooKeeper start() throws IOException {
    ScratchFolder scratch = ScratchFolder.create("zookeeper");
    Configuration conf = new Configuration(false);
    // A short tick lets the server end soon; sessions still survive a long pause of the JVM.
    conf.setInt("hbase.zookeeper.property.maxSessionTimeout", 90_000);
    MiniZooKeeperCluster cluster = new MiniZooKeeperCluster(conf);
    cluster.setTickTime(500);
    // The admin server would take a fixed port.
    System.setProperty("zookeeper.admin.enableServer", "false");
    try {
      cluster.setDefaultClientPort(FreePorts.next());
      return new EmbeddedZooKeeper(scratch, cluster, cluster.startup(scratch.path().toFile()));
    } catch (IOException | RuntimeException e) {
      Closing.closeAfter(e, scratch);
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Closing.closeAfter(e, scratch);
      throw new IOException("Interrupted while starting ZooKeeper", e);
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() throws IOException {
    try {
      cluster.shutdown();
    } finally {
      scratch.close();
    }
  }
}
