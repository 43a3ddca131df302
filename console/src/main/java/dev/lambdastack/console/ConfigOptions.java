package dev.lambdastack.console;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import org.apache.hadoop.conf.Configuration;
import org.xml.sax.SAXException;
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
    try {
      Configuration conf = new Configuration(base);
      overrides.forEach(conf::set);
      return LambdaConfig.of(conf);
    } catch (InvalidInputException e) {
      throw e;
    } catch (RuntimeException e) {
      // Hadoop wraps what its parser says.
      if (e.getCause() instanceof XMLStreamException || e.getCause() instanceof SAXException) {
        throw new InvalidInputException(
            "Cannot read a configuration file on the class path: %s; mend its XML"
                .formatted(e.getCause().getMessage().replace("\n", "")),
            e);
      }
      throw e;
    }
  }
}
