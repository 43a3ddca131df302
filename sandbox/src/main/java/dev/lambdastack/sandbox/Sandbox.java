package dev.lambdastack.sandbox;

import dev.lambdastack.embedded.EmbeddedClusters;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * The clusters in this JVM, and the stack's settings for them: short epochs, small buffers, no
 * waiting for what is not far away. Thread-safe.
 */
public final class Sandbox implements AutoCloseable {
  private final EmbeddedClusters clusters;
  private final Map<String, String> settings;

  private Sandbox(EmbeddedClusters clusters, Map<String, String> settings) {
    this.clusters = clusters;
    this.settings = settings;
  }

  /**
   * Starts Kafka, HDFS and HBase.
   *
   * @param epoch the length of epochs
   */
  public static Sandbox start(Duration epoch) throws IOException {
    return start(epoch, EmbeddedClusters.builder());
  }

  /** Starts Kafka, HDFS and HBase as the builder says. */
  public static Sandbox start(Duration epoch, EmbeddedClusters.Builder builder) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("lambda.epoch", epoch.toMillis() + "ms");
    settings.put("lambda.master", "/master");
    settings.put("lambda.staging", "/staging");
    settings.put("lambda.speed.checkpoints", "/checkpoints");
    return new Sandbox(builder.start(), settings);
  }

  public EmbeddedClusters clusters() {
    return clusters;
  }

  /** What every job and client is given; a copy. */
  public Configuration configuration() {
    Configuration conf = clusters.configuration();
    settings.forEach(conf::set);
    return conf;
  }

  /** The same, typed. */
  public LambdaConfig config() {
    return LambdaConfig.of(configuration());
  }

  /** Writes what a process of its own needs to find these clusters on its class path. */
  public void writeSiteFiles(Path folder) throws IOException {
    clusters.writeSiteFiles(folder);
    Path site = folder.resolve("lambda-site.xml");
    Configuration lambda = new Configuration(false);
    lambda.addResource(site.toUri().toURL());
    settings.forEach(lambda::set);
    try (OutputStream out = Files.newOutputStream(site)) {
      lambda.writeXml(out);
    }
  }

  /** Stops all and deletes their data. */
  @Override
  public void close() throws IOException {
    clusters.close();
  }
}
