package dev.lambdastack.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.zookeeper.MiniZooKeeperCluster;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** One ZooKeeper server in this JVM, for HBase. */
final class EmbeddedZooKeeper implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

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

  /** Ends somebody's session: whoever has its id and password may close it. */
  void endSession(long id, byte[] password) throws IOException {
    CountDownLatch connected = new CountDownLatch(1);
    try (ZooKeeper twin =
        new ZooKeeper(
            "127.0.0.1:" + port,
            (int) LIMIT.toMillis(),
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
              }
            },
            id,
            password)) {
      if (!connected.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("ZooKeeper does not take up session " + Long.toHexString(id));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while ending a session", e);
    }
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
