package dev.lambdastack.embedded;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.protocol.DatanodeID;
import org.apache.hadoop.hdfs.server.blockmanagement.BlockManagerTestUtil;
import org.apache.hadoop.hdfs.server.namenode.NameNodeRpcServer;
import org.apache.hadoop.ipc.metrics.RpcDetailedMetrics;
import org.apache.hadoop.metrics2.AbstractMetric;
import org.apache.hadoop.metrics2.MetricsRecord;
import org.apache.hadoop.metrics2.impl.MetricsCollectorImpl;

/**
 * HDFS in this JVM: one NameNode and some DataNodes, replication as far as they reach (at most 3).
 * Writes are not forced to disk. Thread-safe.
 */
public final class EmbeddedHdfs implements AutoCloseable {
  private final ScratchFolder scratch;
  private final Map<String, String> properties;
  private final List<MiniDFSCluster.DataNodeProperties> killed = new ArrayList<>();
  private MiniDFSCluster cluster;

  private EmbeddedHdfs(
      ScratchFolder scratch, MiniDFSCluster cluster, Map<String, String> properties) {
    this.scratch = scratch;
    this.cluster = cluster;
    this.properties = properties;
  }

  /** Starts HDFS with one DataNode and returns when it can be written to. */
  public static EmbeddedHdfs start() throws IOException {
    return start(1);
  }

  /**
   * Starts HDFS and returns when it can be written to.
   *
   * @param dataNodes how many, at least 1
   */
  public static EmbeddedHdfs start(int dataNodes) throws IOException {
    if (dataNodes < 1) {
      throw new IllegalArgumentException(
          "Cannot start HDFS with " + dataNodes + " DataNodes: at least 1");
    }

    ScratchFolder scratch = ScratchFolder.create("hdfs");
    try {
      Configuration conf = serverConfiguration(scratch, dataNodes);
      MiniDFSCluster cluster =
          new MiniDFSCluster.Builder(conf)
              .numDataNodes(dataNodes)
              .checkExitOnShutdown(false)
              .build();

      try {
        cluster.waitActive();
        return new EmbeddedHdfs(scratch, cluster, clientProperties(cluster, scratch, dataNodes));
      } catch (IOException | RuntimeException e) {
        cluster.shutdown();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      Closing.closeAfter(e, scratch);
      throw e;
    }
  }

  /** What a client needs, in this process or in another on this machine; a copy. */
  public Configuration configuration() {
    Configuration conf = new Configuration();
    properties.forEach(conf::set);
    return conf;
  }

  /** {@code hdfs://localhost:<port>}. */
  public URI uri() {
    return URI.create(properties.get("fs.defaultFS"));
  }

  /** A file system of the caller's own, who closes it. */
  public FileSystem fileSystem() throws IOException {
    return FileSystem.newInstance(uri(), configuration());
  }

  /** How many DataNodes the NameNode takes for alive. */
  public synchronized int liveDataNodes() {
    return cluster.getNamesystem().getNumLiveDataNodes();
  }

  /** How many blocks have fewer replicas than they should. */
  public synchronized long underReplicatedBlocks() {
    return cluster.getNamesystem().getUnderReplicatedBlocks();
  }

  /** How many calls a quota of names has refused. */
  public synchronized long quotaRefusals() {
    RpcDetailedMetrics calls =
        ((NameNodeRpcServer) cluster.getNameNodeRpc()).getClientRpcServer().getRpcDetailedMetrics();
    MetricsCollectorImpl collector = new MetricsCollectorImpl();

    // Calls that fail are counted under the name of what they throw.
    calls.getOverallRpcProcessingRates().snapshot(collector.addRecord("calls"), true);
    List<? extends MetricsRecord> records = collector.getRecords();

    long refused = 0;
    for (AbstractMetric metric : records.get(0).metrics()) {
      if (metric.name().contains("NSQuotaExceededException") && metric.name().endsWith("NumOps")) {
        refused += metric.value().longValue();
      }
    }

    return refused;
  }

  /**
   * Ends a DataNode, and lets the NameNode know at once, which by itself would notice it after
   * minutes.
   *
   * @param which of those that run, from 0
   */
  public synchronized void killDataNode(int which) throws IOException {
    DatanodeID id = cluster.getDataNodes().get(which).getDatanodeId();
    killed.add(cluster.stopDataNode(which));
    cluster.setDataNodeDead(id);
    BlockManagerTestUtil.checkHeartbeat(cluster.getNamesystem().getBlockManager());
  }

  /**
   * Starts the DataNodes that were killed, with their data, and returns when they have reported.
   */
  public synchronized void startDataNodes() throws IOException {
    while (!killed.isEmpty()) {
      if (!cluster.restartDataNode(killed.get(0), true)) {
        throw new IOException("Cannot start a DataNode again");
      }
      killed.remove(0);
    }
    cluster.waitActive();
  }

  /** Stops HDFS and deletes its data. Twice is harmless. */
  @Override
  public synchronized void close() throws IOException {
    if (cluster != null) {
      try {
        // The shared client would go on renewing leases with a NameNode that is gone.
        FileSystem.get(configuration()).close();
      } finally {
        cluster.shutdown();
        cluster = null;
      }
    }
    scratch.close();
  }

  /** The properties of {@link #configuration} that are not Hadoop's defaults. */
  Map<String, String> properties() {
    return properties;
  }

  private static Map<String, String> clientProperties(
      MiniDFSCluster cluster, ScratchFolder scratch, int dataNodes) {
    return Map.of(
        "fs.defaultFS",
        cluster.getURI().toString(),
        "dfs.replication",
        Integer.toString(Math.min(3, dataNodes)),
        // Fewer DataNodes than HDFS would like: go on with those that are there.
        "dfs.client.block.write.replace-datanode-on-failure.policy",
        "NEVER",
        // Closing a file asks the NameNode again when it has not heard of the last block yet: soon,
        // not after 400 ms.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms",
        "5",
        "dfs.client.block.write.locateFollowingBlock.max.delay.ms",
        "1000",
        "dfs.client.block.write.locateFollowingBlock.retries",
        "20",
        "hadoop.tmp.dir",
        scratch.path().resolve("tmp").toString());
  }

  private static Configuration serverConfiguration(ScratchFolder scratch, int dataNodes) {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, scratch.path().resolve("dfs").toString());
    conf.set("hadoop.tmp.dir", scratch.path().resolve("tmp").toString());
    conf.set("hadoop.http.temp.dir", scratch.path().resolve("http").toString());

    conf.setInt("dfs.replication", Math.min(3, dataNodes));
    conf.setInt("dfs.namenode.handler.count", 4);
    conf.setInt("dfs.namenode.service.handler.count", 2);
    conf.setInt("dfs.datanode.handler.count", 2);
    conf.setInt("dfs.heartbeat.interval", 1);
    conf.setInt("dfs.namenode.safemode.extension", 0);

    // Space is looked up without a child process.
    conf.set(
        "fs.getspaceused.classname",
        "org.apache.hadoop.hdfs.server.datanode.fsdataset.impl.ReplicaCachingGetSpaceUsed");

    return conf;
  }
}
