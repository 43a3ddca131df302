package dev.lambdastack.embedded;

import java.io.IOException;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.mapreduce.v2.MiniMRYarnCluster;
import org.apache.hadoop.test.GenericTestUtils;
import org.apache.hadoop.yarn.exceptions.YarnException;

/**
 * YARN with its MapReduce parts in this JVM on an {@link EmbeddedHdfs}: a ResourceManager, one
 * NodeManager, a history server. Tasks run in processes of their own, with this JVM's class path.
 * Thread-safe.
 *
 * <p>A trivial job takes some twenty seconds, since it starts three JVMs: for many jobs use
 * MapReduce's local runner. Needs this machine's host name to resolve, as YARN binds to it.
 */
public final class EmbeddedYarn implements AutoCloseable {
  private static final String ADD_OPENS =
      Stream.of(
              "java.lang",
              "java.lang.reflect",
              "java.util",
              "java.util.concurrent",
              "java.nio",
              "java.net",
              "java.time",
              "sun.nio.ch")
          .map(name -> "--add-opens=java.base/" + name + "=ALL-UNNAMED")
          .collect(Collectors.joining(" "));

  /** Tasks end within seconds: the optimizing compiler would take more than it gives. */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ";

  /**
   * These log by {@code java.util.logging}, to the console. The log configuration holds weak
   * references only.
   */
  private static final List<Logger> NOISY =
      List.of(Logger.getLogger("com.sun.jersey"), Logger.getLogger("com.google.inject"));

  /** A stopping YARN closes its clients of HDFS: they must not be those that HBase uses too. */
  private static final String NO_SHARED_CLIENTS = "fs.hdfs.impl.disable.cache";

  private final ScratchFolder scratch;
  private MiniMRYarnCluster cluster;
  private final Configuration client;

  private EmbeddedYarn(ScratchFolder scratch, MiniMRYarnCluster cluster, Configuration client) {
    this.scratch = scratch;
    this.cluster = cluster;
    this.client = client;
  }

  /**
   * Starts YARN and returns when it takes jobs.
   *
   * @param hdfs where jobs are staged; it must outlive this object
   */
  public static EmbeddedYarn start(EmbeddedHdfs hdfs) throws IOException {
    NOISY.forEach(logger -> logger.setLevel(Level.SEVERE));
    ScratchFolder scratch = ScratchFolder.create("yarn");
    try {
      MiniMRYarnCluster cluster = create(scratch);
      try {
        cluster.init(serverConfiguration(hdfs));
        cluster.start();
        if (!cluster.waitForNodeManagersToConnect(60_000)) {
          throw new IOException("The NodeManager did not report to the ResourceManager in 60 s");
        }

        Configuration client = new Configuration(cluster.getConfig());
        client.unset(NO_SHARED_CLIENTS);
        return new EmbeddedYarn(scratch, cluster, client);
      } catch (IOException | RuntimeException e) {
        cluster.stop();
        throw e;
      } catch (YarnException e) {
        cluster.stop();
        throw new IOException("Cannot start YARN: " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        cluster.stop();
        throw new IOException("Interrupted while starting YARN", e);
      }
    } catch (IOException | RuntimeException e) {
      Closing.closeAfter(e, scratch);
      throw e;
    }
  }

  /** What a client needs to run a job here, HDFS included; a copy. */
  public Configuration configuration() {
    return new Configuration(client);
  }

  /** Stops YARN and deletes its folders; HDFS goes on. Twice is harmless. */
  @Override
  public synchronized void close() throws IOException {
    if (cluster != null) {
      cluster.stop();
      cluster = null;
    }
    scratch.close();
  }

  /**
   * The cluster's only way to be told its folder is a system property, which it reads when it is
   * created.
   */
  private static synchronized MiniMRYarnCluster create(ScratchFolder scratch) {
    String property = GenericTestUtils.SYSPROP_TEST_DATA_DIR;
    String before = System.getProperty(property);
    System.setProperty(property, scratch.path().toString());

    try {
      return new MiniMRYarnCluster("lambda", 1);
    } finally {
      if (before == null) {
        System.clearProperty(property);
      } else {
        System.setProperty(property, before);
      }
    }
  }

  private static Configuration serverConfiguration(EmbeddedHdfs hdfs) {
    Configuration conf = hdfs.configuration();
    conf.set("yarn.app.mapreduce.am.staging-dir", "/yarn-staging");
    conf.setBoolean(NO_SHARED_CLIENTS, true);
    conf.set("yarn.log.dir", conf.get("hadoop.tmp.dir"));
    conf.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", 4096);
    conf.setInt("yarn.nodemanager.resource.cpu-vcores", 4);
    conf.setInt("yarn.scheduler.minimum-allocation-mb", 256);

    // A fairly full disk is none of our business.
    conf.setFloat(
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 100f);

    smallTasks(conf);
    quick(conf);
    return conf;
  }

  private static void smallTasks(Configuration conf) {
    conf.setInt("yarn.app.mapreduce.am.resource.mb", 768);
    conf.setInt("mapreduce.map.memory.mb", 768);
    conf.setInt("mapreduce.reduce.memory.mb", 768);
    conf.set("yarn.app.mapreduce.am.command-opts", "-Xmx384m " + SHORT_LIVED + ADD_OPENS);
    conf.set("mapreduce.map.java.opts", "-Xmx512m " + SHORT_LIVED + ADD_OPENS);
    conf.set("mapreduce.reduce.java.opts", "-Xmx512m " + SHORT_LIVED + ADD_OPENS);
  }

  /** Nodes, masters and clients talk by polling; one machine bears more of it. */
  private static void quick(Configuration conf) {
    conf.setInt("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms", 100);
    conf.setInt("yarn.app.mapreduce.am.scheduler.heartbeat.interval-ms", 100);
    conf.setInt("mapreduce.client.completion.pollinterval", 100);
    conf.setInt("mapreduce.client.progressmonitor.pollinterval", 100);
    conf.setInt("yarn.client.application-client-protocol.poll-interval-ms", 50);
    conf.setInt("yarn.nodemanager.sleep-delay-before-sigkill.ms", 50);
    conf.setInt("yarn.nodemanager.process-kill-wait.ms", 200);
    // Logs of ended jobs go at once; a stopping node waits 10 s for those that are to go later.
    conf.setInt("yarn.nodemanager.log.retain-seconds", 0);
  }
}
