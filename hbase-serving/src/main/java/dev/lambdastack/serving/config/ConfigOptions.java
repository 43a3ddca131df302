package dev.lambdastack.serving.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;

/**
 * The {@code -D} options of every command, and the configuration that they make. A picocli mixin.
 */
public final class ConfigOptions {
  @Option(
      names = "-D",
      paramLabel = "<key=value>",
      description = "Sets a configuration key; wins over lambda-site.xml.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  /**
   * Hadoop's configuration from the class path (core-site.xml, hdfs-site.xml, hbase-site.xml, …)
   * and the overrides.
   */
  public LambdaConfig load(Configuration base) {
    Configuration conf = new Configuration(base);
    overrides.forEach(conf::set);
    return LambdaConfig.of(conf);
  }
}
