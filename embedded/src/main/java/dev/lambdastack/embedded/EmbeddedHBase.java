package dev.lambdastack.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.LocalHBaseCluster;
import org.apache.hadoop.hbase.ServerName;
import org.apache.hadoop.hbase.master.HMaster;
import org.apache.hadoop.hbase.regionserver.HRegionServer;
import org.apache.hadoop.hbase.util.JVMClusterUtil;
import org.apache.hadoop.hbase.zookeeper.RecoverableZooKeeper;

/**
 * HBase in this JVM on an {@link EmbeddedHdfs}: a ZooKeeper, a master and some region servers,
 * without web pages. Snapshots and bulk loads work. Thread-safe.
 */
public final class EmbeddedHBase implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(180);

  private final EmbeddedZooKeeper zooKeeper;
  private final EmbeddedHdfs hdfs;
  private final Map<String, String> properties;
  private final Configuration servers;
  private final int regionServers;
  private final Optional<WriteGate> writes;
  private LocalHBaseCluster cluster;
  private boolean closed;

  private EmbeddedHBase(
      EmbeddedHdfs hdfs,
      EmbeddedZooKeeper zooKeeper,
      LocalHBaseCluster cluster,
      Map<String, String> properties,
      Configuration servers,
      int regionServers,
      Optional<WriteGate> writes) {
    this.hdfs = hdfs;
    this.zooKeeper = zooKeeper;
    this.cluster = cluster;
    this.properties = properties;
    this.servers = servers;
    this.regionServers = regionServers;
    this.writes = writes;
  }

  /** A builder whose default is one region server. */
  public static Builder builder(EmbeddedHdfs hdfs) {
    return new Builder(hdfs);
  }

  /** What a client needs, in this process or in another on this machine, HDFS included; a copy. */
  public Configuration configuration() {
    return configuration(hdfs, properties);
  }

  private static Configuration configuration(EmbeddedHdfs hdfs, Map<String, String> properties) {
    Configuration conf = HBaseConfiguration.create(hdfs.configuration());
    properties.forEach(conf::set);
    return conf;
  }

  /**
   * The properties of {@link #configuration} that neither HBase's defaults nor HDFS's client have.
   */
  Map<String, String> properties() {
    return properties;
  }

  /** The gate that writes pass; the builder must have been asked for it. */
  public WriteGate writes() {
    return writes.orElseThrow(() -> new IllegalStateException("HBase was started without a gate"));
  }

  /** The region servers that run. */
  public synchronized List<ServerName> regionServers() {
    return running().map(HRegionServer::getServerName).toList();
  }

  private Stream<HRegionServer> running() {
    return cluster.getLiveRegionServers().stream()
        .map(JVMClusterUtil.RegionServerThread::getRegionServer)
        .filter(server -> !server.isAborted() && !server.isStopped());
  }

  /**
   * Ends a region server as if its process were killed: regions stay open, the log is not closed.
   */
  public synchronized void killRegionServer(ServerName name) throws IOException {
    ((EmbeddedRegionServer) regionServer(name)).kill();
    awaitEnd(name);
  }

  /** Lets the ZooKeeper session of a region server expire, so that it gives itself up. */
  public synchronized void expireSession(ServerName name) throws IOException {
    RecoverableZooKeeper client = regionServer(name).getZooKeeper().getRecoverableZooKeeper();
    zooKeeper.endSession(client.getSessionId(), client.getSessionPasswd());
    awaitEnd(name);
  }

  private HRegionServer regionServer(ServerName name) {
    return running()
        .filter(server -> server.getServerName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No region server " + name + " runs"));
  }

  private void awaitEnd(ServerName name) throws IOException {
    Await.until("the end of " + name, START_LIMIT, () -> !regionServers().contains(name));
  }

  /** Starts one more region server and returns when the master knows it. */
  public synchronized void startRegionServer() throws IOException {
    JVMClusterUtil.RegionServerThread thread = cluster.addRegionServer();
    thread.start();
    Await.until(
        "a region server",
        START_LIMIT,
        () ->
            cluster
                .getActiveMaster()
                .getServerManager()
                .isServerOnline(thread.getRegionServer().getServerName()));
  }

  /** Stops HBase and its ZooKeeper; HDFS goes on. Twice is harmless. */
  @Override
  public synchronized void close() throws IOException {
    try {
      stop();
    } finally {
      if (!closed) {
        closed = true;
        writes.ifPresent(WriteGate::forget);
        zooKeeper.close();
      }
    }
  }

  /** Stops the master and the region servers, as an outage does; {@link #start} ends it. */
  public synchronized void stop() throws IOException {
    if (cluster != null) {
      LocalHBaseCluster running = cluster;
      cluster = null;
      QuietOutput.without(
          Set.copyOf(running.getMasters()),
          () -> {
            running.shutdown();
            running.join();
          });
    }
  }

  /** Starts what {@link #stop} has stopped, with all its tables; clients find it as before. */
  public synchronized void start() throws IOException {
    if (cluster == null) {
      cluster = startCluster(new Configuration(servers), regionServers);
    }
  }

  private static LocalHBaseCluster startCluster(Configuration conf, int regionServers)
      throws IOException {
    FileSystemHook.ensureRegistered();
    LocalHBaseCluster cluster =
        new LocalHBaseCluster(conf, 1, regionServers, HMaster.class, EmbeddedRegionServer.class);

    try {
      // LocalHBaseCluster.startup() would start the region servers only when the master is there.
      cluster.getMasters().forEach(JVMClusterUtil.MasterThread::start);
      cluster.getRegionServers().forEach(JVMClusterUtil.RegionServerThread::start);
      Await.until("HBase", START_LIMIT, () -> hasFailed(cluster) || isUp(cluster, regionServers));
      if (hasFailed(cluster)) {
        throw new IOException("Cannot start HBase: a server gave up, and its log says why");
      }
      return cluster;
    } catch (IOException | RuntimeException e) {
      cluster.shutdown();
      throw e;
    }
  }

  private static boolean hasFailed(LocalHBaseCluster cluster) {
    return Stream.concat(
            cluster.getMasters().stream().map(JVMClusterUtil.MasterThread::getMaster),
            cluster.getRegionServers().stream()
                .map(JVMClusterUtil.RegionServerThread::getRegionServer))
        .anyMatch(server -> server.isAborted() || server.isStopped());
  }

  private static boolean isUp(LocalHBaseCluster cluster, int regionServers) {
    HMaster master = cluster.getActiveMaster();
    return master != null
        && master.isInitialized()
        && master.getServerManager().countOfRegionServers() == regionServers;
  }

  /** What an {@link EmbeddedHBase} is started with. Not thread-safe. */
  public static final class Builder {
    private final EmbeddedHdfs hdfs;
    private final Configuration overrides = new Configuration(false);
    private EmbeddedZooKeeper zooKeeper;
    private int regionServers = 1;
    private Optional<WriteGate> writes = Optional.empty();

    private Builder(EmbeddedHdfs hdfs) {
      this.hdfs = Objects.requireNonNull(hdfs);
    }

    /** How many region servers, at least 1. */
    public Builder regionServers(int count) {
      if (count < 1) {
        throw new IllegalArgumentException(
            "Cannot start HBase with " + count + " region servers: at least 1");
      }
      this.regionServers = count;
      return this;
    }

    /** Sets a property of the servers. */
    public Builder property(String key, String value) {
      overrides.set(key, value);
      return this;
    }

    /** Lets writes pass a gate, {@link EmbeddedHBase#writes}. */
    public Builder writeGate() {
      this.writes = Optional.of(new WriteGate());
      return this;
    }

    /** Takes a ZooKeeper that runs already and belongs to the new HBase from then on. */
    Builder zooKeeper(EmbeddedZooKeeper running) {
      this.zooKeeper = running;
      return this;
    }

    /**
     * Starts HBase and returns when the master is initialized and every region server has reported.
     */
    public EmbeddedHBase start() throws IOException {
      EmbeddedZooKeeper keeper = zooKeeper == null ? EmbeddedZooKeeper.start() : zooKeeper;
      try {
        Map<String, String> properties = clientProperties(keeper);
        Configuration servers =
            HBaseServerConfiguration.of(configuration(hdfs, properties), regionServers);
        overrides.forEach(entry -> servers.set(entry.getKey(), entry.getValue()));
        writes.ifPresent(gate -> gate.applyTo(servers));

        return new EmbeddedHBase(
            hdfs,
            keeper,
            startCluster(new Configuration(servers), regionServers),
            properties,
            servers,
            regionServers,
            writes);
      } catch (IOException | RuntimeException e) {
        Closing.closeAfter(e, keeper);
        throw e;
      }
    }

    private Map<String, String> clientProperties(EmbeddedZooKeeper keeper) {
      return Map.of(
          "hbase.rootdir",
          hdfs.uri() + "/hbase",
          "hbase.zookeeper.quorum",
          "127.0.0.1",
          "hbase.zookeeper.property.clientPort",
          Integer.toString(keeper.port()));
    }
  }
}
