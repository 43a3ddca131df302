package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedFlink;
import dev.lambdastack.embedded.EmbeddedHBase;
import dev.lambdastack.embedded.EmbeddedHdfs;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.embedded.WriteGate;
import dev.lambdastack.sandbox.chaos.Schedule.Strike;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.serving.store.ViewTables;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.JobID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.HRegionLocation;
import org.apache.hadoop.hbase.ServerName;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.RegionLocator;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;

/**
 * Injects faults under a job. Each returns when the fault is over, with the proof that it bit; one
 * that hits nothing within its limit throws.
 */
final class Faults {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final EmbeddedKafka kafka;
  private final EmbeddedHdfs hdfs;
  private final EmbeddedHBase hbase;
  private final EmbeddedFlink flink;
  private final Connection connection;
  private final JobID job;
  private final Path checkpoints;
  private final Ledger ledger;
  private final LongSupplier sent;

  /** Of two faults that take region servers away the second waits: one server must be left. */
  private final Object regionServers = new Object();

  /**
   * @param checkpoints the folder of the topic's lives
   * @param ledger what Kafka has acknowledged
   * @param sent how many events were given to Kafka's client
   */
  Faults(
      ChaosClusters clusters,
      Connection connection,
      JobID job,
      Path checkpoints,
      Ledger ledger,
      LongSupplier sent) {
    this.kafka = clusters.sandbox().clusters().kafka();
    this.hdfs = clusters.sandbox().clusters().hdfs();
    this.hbase = clusters.sandbox().clusters().hbase();
    this.flink = clusters.flink();
    this.connection = connection;
    this.job = job;
    this.checkpoints = checkpoints;
    this.ledger = ledger;
    this.sent = sent;
  }

  /** Injects one; the proof. */
  String strike(Strike strike) throws Exception {
    return switch (strike.kind()) {
      case KILL_TASK_MANAGER -> killTaskManager(strike);
      case KILL_REGION_SERVER -> loseRegionServer(strike, hbase::killRegionServer);
      case EXPIRE_SESSION -> loseRegionServer(strike, hbase::expireSession);
      case KILL_DATA_NODE -> killDataNode(strike);
      case RESTART_BROKER -> restartBroker(strike);
      case REFUSE_WRITES -> refuseWrites(strike);
      case FAIL_CHECKPOINTS -> failCheckpoints(strike);
    };
  }

  private String killTaskManager(Strike strike) throws Exception {
    Await.until(
        "a job on all TaskManagers",
        LIMIT,
        () -> flink.runningTasks(job) > 0 && flink.taskManagersOf(job).size() == 2);

    int before = flink.restarts(job);
    Set<String> were = flink.taskManagersOf(job);
    flink.killTaskManager(strike.choice() % flink.taskManagers());

    try {
      Thread.sleep(strike.lasting().toMillis());
    } finally {
      flink.startTaskManager();
    }

    Await.until(
        "a restart on the new TaskManager",
        LIMIT,
        () ->
            flink.restarts(job) > before
                && flink.taskManagersOf(job).size() == 2
                && !flink.taskManagersOf(job).equals(were));

    return String.format(
        Locale.ROOT,
        "the job restarted (%d -> %d), its tasks are on a new TaskManager",
        before,
        flink.restarts(job));
  }

  private interface Loss {
    void of(ServerName server) throws IOException;
  }

  private String loseRegionServer(Strike strike, Loss loss) throws Exception {
    synchronized (regionServers) {
      List<ServerName> servers = hbase.regionServers();
      ServerName chosen = servers.get(strike.choice() % servers.size());
      Map<String, ServerName> before = regions();

      // One that has just been started has none yet.
      ServerName lost = before.containsValue(chosen) ? chosen : before.values().iterator().next();

      List<String> moved =
          before.entrySet().stream()
              .filter(e -> e.getValue().equals(lost))
              .map(Map.Entry::getKey)
              .toList();
      if (moved.isEmpty()) {
        throw new IllegalStateException("no region server has a region of the views");
      }

      loss.of(lost);
      try {
        Thread.sleep(strike.lasting().toMillis());
      } finally {
        hbase.startRegionServer();
      }

      Await.until(
          "the reassignment of " + moved,
          LIMIT,
          () -> {
            Map<String, ServerName> now = regions();
            return moved.stream().allMatch(r -> now.get(r) != null && !now.get(r).equals(lost));
          });

      return String.format(
          Locale.ROOT,
          "%d of %d regions were on it, and were reassigned",
          moved.size(),
          before.size());
    }
  }

  /** Where the regions of the stack's tables are. */
  private Map<String, ServerName> regions() throws IOException {
    Map<String, ServerName> regions = new TreeMap<>();
    try (Admin admin = connection.getAdmin()) {
      for (TableName table : admin.listTableNamesByNamespace(ViewTables.NAMESPACE)) {
        try (RegionLocator locator = connection.getRegionLocator(table)) {
          locator.clearRegionLocationCache();
          for (HRegionLocation location : locator.getAllRegionLocations()) {
            if (location.getServerName() != null) {
              regions.put(location.getRegion().getEncodedName(), location.getServerName());
            }
          }
        }
      }
    }

    return regions;
  }

  private String killDataNode(Strike strike) throws Exception {
    int live = hdfs.liveDataNodes();
    hdfs.killDataNode(strike.choice() % live);

    try {
      Await.until(
          "blocks that lack a replica",
          LIMIT,
          () -> hdfs.liveDataNodes() < live && hdfs.underReplicatedBlocks() > 0);
      long lacking = hdfs.underReplicatedBlocks();
      Thread.sleep(strike.lasting().toMillis());

      return String.format(
          Locale.ROOT,
          "%d DataNodes of %d were left, %d blocks lacked a replica",
          hdfs.liveDataNodes(),
          live,
          lacking);
    } finally {
      hdfs.startDataNodes();
    }
  }

  private String restartBroker(Strike strike) throws Exception {
    kafka.stop();
    long acknowledged;
    long waiting;
    try {
      Await.until("events that wait for the broker", LIMIT, () -> sent.getAsLong() > ledger.size());
      // Only now: the client may have had answers in hand when the broker stopped.
      acknowledged = ledger.size();
      Thread.sleep(strike.lasting().toMillis());
      waiting = sent.getAsLong() - ledger.size();
      if (ledger.size() != acknowledged) {
        throw new IllegalStateException("events were acknowledged by a broker that is stopped");
      }
    } finally {
      kafka.start();
    }

    long stopped = acknowledged;
    Await.until("an acknowledgement", LIMIT, () -> ledger.size() > stopped);
    return String.format(Locale.ROOT, "%d events waited until it was back", waiting);
  }

  /**
   * To all tables of the stack, or to those of speed cells alone: then nothing but the job itself
   * keeps it from telling readers of cells that are not there.
   */
  private String refuseWrites(Strike strike) throws Exception {
    WriteGate gate = hbase.writes();
    WriteGate.Refusal refusal =
        strike.choice() % 2 == 0 ? WriteGate.Refusal.FOR_NOW : WriteGate.Refusal.FOR_GOOD;
    boolean cellsOnly = strike.choice() / 2 % 2 == 0;
    int restarts = flink.restarts(job);
    long before = gate.refused();

    gate.close(
        table ->
            table.startsWith(ViewTables.NAMESPACE + ":")
                && (!cellsOnly || table.contains(".speed.")),
        refusal);

    try {
      Thread.sleep(strike.lasting().toMillis());
      Await.until("a write that is refused", LIMIT, () -> gate.refused() > before);
    } finally {
      gate.open();
    }

    return String.format(
        Locale.ROOT,
        "%d mutations %s were refused %s; the job restarted %d times meanwhile",
        gate.refused() - before,
        cellsOnly ? "of speed cells" : "of all tables",
        refusal == WriteGate.Refusal.FOR_NOW ? "for now (clients try again)" : "for good",
        flink.restarts(job) - restarts);
  }

  /** By a quota: in the folder of checkpoints nothing more can be made. */
  private String failCheckpoints(Strike strike) throws Exception {
    long before = flink.failedCheckpoints(job);
    long refusedBefore = hdfs.quotaRefusals();

    try (FileSystem files = hdfs.fileSystem()) {
      DistributedFileSystem quotas = (DistributedFileSystem) files;
      quotas.setQuota(checkpoints, 1, HdfsConstants.QUOTA_DONT_SET);
      try {
        // Checkpoints fail of other faults too: that the quota refused something is this one's.
        Await.until(
            "a checkpoint that fails and a file that the quota refuses",
            LIMIT,
            () -> flink.failedCheckpoints(job) > before && hdfs.quotaRefusals() > refusedBefore);
        Thread.sleep(strike.lasting().toMillis());
      } finally {
        quotas.setQuota(checkpoints, HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_DONT_SET);
      }
    }

    return String.format(
        Locale.ROOT,
        "%d checkpoints failed, the quota refused %d files",
        flink.failedCheckpoints(job) - before,
        hdfs.quotaRefusals() - refusedBefore);
  }
}
