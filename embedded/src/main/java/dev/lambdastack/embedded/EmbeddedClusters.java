package dev.lambdastack.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.LoggerFactory;

/**
 * All that the stack runs on, in this JVM: {@link EmbeddedKafka}, {@link EmbeddedHdfs} and {@link
 * EmbeddedHBase}.
 *
 * <pre>{@code
 * try (EmbeddedClusters clusters = EmbeddedClusters.start()) {
 *   clusters.kafka().createTopic("orders", 3);
 *   Configuration conf = clusters.configuration();
 *   …
 * }
 * }</pre>
 *
 * <p>Several may run side by side, in one JVM or in many. Thread-safe.
 */
public final class EmbeddedClusters implements AutoCloseable {
  private static final String BOOTSTRAP_SERVERS = "lambda.kafka.bootstrap-servers";

  private final EmbeddedKafka kafka;
  private final EmbeddedHdfs hdfs;
  private final EmbeddedHBase hbase;

  private EmbeddedClusters(EmbeddedKafka kafka, EmbeddedHdfs hdfs, EmbeddedHBase hbase) {
    this.kafka = kafka;
    this.hdfs = hdfs;
    this.hbase = hbase;
  }

  /** Starts all with the builder's defaults. */
  public static EmbeddedClusters start() throws IOException {
    return builder().start();
  }

  /** A builder whose defaults are one DataNode and one region server. */
  public static Builder builder() {
    return new Builder();
  }

  /** The broker. It may be stopped and started; closing it is this object's part. */
  public EmbeddedKafka kafka() {
    return kafka;
  }

  /** The file system; closing it is this object's part. */
  public EmbeddedHdfs hdfs() {
    return hdfs;
  }

  /** The HBase cluster; closing it is this object's part. */
  public EmbeddedHBase hbase() {
    return hbase;
  }

  /**
   * What a client of all three needs, in this process or in another on this machine: Hadoop's and
   * HBase's properties and {@code lambda.kafka.bootstrap-servers}; a copy.
   */
  public Configuration configuration() {
    Configuration conf = hbase.configuration();
    lambdaProperties().forEach(conf::set);
    return conf;
  }

  /**
   * Writes {@link #configuration} as {@code core-site.xml}, {@code hbase-site.xml} and {@code
   * lambda-site.xml}, so that a process with this folder on its classpath finds these clusters.
   *
   * @param folder is created when it is missing; files of these names in it are replaced
   */
  public void writeSiteFiles(Path folder) throws IOException {
    Files.createDirectories(folder);
    writeSite(folder.resolve("core-site.xml"), hdfs.properties());
    writeSite(folder.resolve("hbase-site.xml"), hbase.properties());
    writeSite(folder.resolve("lambda-site.xml"), lambdaProperties());
  }

  private Map<String, String> lambdaProperties() {
    return Map.of(BOOTSTRAP_SERVERS, kafka.bootstrapServers());
  }

  private static void writeSite(Path file, Map<String, String> properties) throws IOException {
    Configuration site = new Configuration(false);
    properties.forEach(site::set);
    try (OutputStream out = Files.newOutputStream(file)) {
      site.writeXml(out);
    }
  }

  /** Stops HBase, HDFS and Kafka and deletes their data. Twice is harmless. */
  @Override
  public void close() throws IOException {
    Closing.all(List.of(hbase, hdfs, kafka));
  }

  /** What {@link EmbeddedClusters} are started with. Not thread-safe. */
  public static final class Builder {
    private int dataNodes = 1;
    private int regionServers = 1;
    private boolean writeGate;
    private final EmbeddedKafka.Builder kafka = EmbeddedKafka.builder();

    private Builder() {}

    /** How many DataNodes, at least 1. */
    public Builder dataNodes(int count) {
      this.dataNodes = count;
      return this;
    }

    /** How many region servers, at least 1. */
    public Builder regionServers(int count) {
      this.regionServers = count;
      return this;
    }

    /** Lets writes to HBase pass a gate, {@link EmbeddedHBase#writes}. */
    public Builder writeGate() {
      this.writeGate = true;
      return this;
    }

    /** Lets Kafka take logins as well, {@link EmbeddedKafka.Builder#secured}. */
    public Builder securedKafka(String user, String password) {
      kafka.secured(user, password);
      return this;
    }

    /**
     * Starts all, side by side where they do not need each other, and returns when all can be used.
     */
    public EmbeddedClusters start() throws IOException {
      // Threads that meet in the first use of the log would have their first lines dropped, with a
      // warning to the console.
      LoggerFactory.getILoggerFactory();
      ExecutorService starters = Executors.newFixedThreadPool(2);
      try {
        return start(starters.submit(EmbeddedZooKeeper::start), starters.submit(kafka::start));
      } finally {
        starters.shutdown();
      }
    }

    private EmbeddedClusters start(Future<EmbeddedZooKeeper> zooKeeper, Future<EmbeddedKafka> kafka)
        throws IOException {
      EmbeddedHdfs hdfs = null;
      EmbeddedHBase hbase = null;

      try {
        hdfs = EmbeddedHdfs.start(dataNodes);
        EmbeddedHBase.Builder servers =
            EmbeddedHBase.builder(hdfs).regionServers(regionServers).zooKeeper(result(zooKeeper));
        hbase = (writeGate ? servers.writeGate() : servers).start();
        return new EmbeddedClusters(result(kafka), hdfs, hbase);
      } catch (IOException | RuntimeException e) {
        if (hbase != null) {
          Closing.closeAfter(e, hbase);
        }
        if (hdfs != null) {
          Closing.closeAfter(e, hdfs);
        }
        closeStarted(e, zooKeeper);
        closeStarted(e, kafka);
        throw e;
      }
    }

    private static void closeStarted(Exception failure, Future<? extends AutoCloseable> started) {
      try {
        started.get().close();
      } catch (ExecutionException e) {
        // It did not start, so there is nothing to close.
        failure.addSuppressed(e.getCause());
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }

    private static <T> T result(Future<T> starting) throws IOException {
      try {
        return starting.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while the clusters were starting", e);
      }
    }
  }
}
