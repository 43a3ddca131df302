package dev.lambdastack.speed.plan;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;

/**
 * The part of a Hadoop configuration that was set by somebody: what a task needs besides the
 * defaults of the jars, which it has itself.
 */
public final class Settings implements Serializable {
  private static final long serialVersionUID = 1L;

  private final TreeMap<String, String> values = new TreeMap<>();

  /**
   * With what {@code hbase-site.xml} says here: a cluster's TaskManagers need not have the file.
   */
  public Settings(Configuration conf) {
    Configuration all = HBaseConfiguration.addHbaseResources(new Configuration(conf));
    for (Map.Entry<String, String> entry : all) {
      String[] sources = all.getPropertySources(entry.getKey());
      String source = sources == null || sources.length == 0 ? "" : sources[sources.length - 1];
      if (!source.endsWith("-default.xml")) {
        values.put(entry.getKey(), entry.getValue());
      }
    }
  }

  /** The defaults of this JVM's jars and these settings; a new one at each call. */
  public Configuration toConfiguration(Configuration defaults) {
    Configuration conf = new Configuration(defaults);
    values.forEach(conf::set);
    return conf;
  }
}
