package dev.lambdastack.console;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
      // Hadoop wraps what its parser and the file system say.
      Throwable cause = e.getCause();
      if (cause instanceof XMLStreamException || cause instanceof SAXException) {
        // Neither the parser's words nor the cause: they quote the file, which may hold secrets.
        throw new InvalidInputException(
            "Cannot read a configuration file on the class path%s; mend its XML (a & is written &amp; there, a < &lt;)"
                .formatted(place(cause)));
      }
      if (cause instanceof IOException) {
        throw new InvalidInputException(
            "Cannot read a configuration file on the class path: %s; let this account read it"
                .formatted(LambdaException.rootMessage(cause)),
            e);
      }
      throw e;
    }
  }

  private static String place(Throwable fault) {
    return fault instanceof XMLStreamException xml && xml.getLocation() != null
        ? String.format(
            Locale.ROOT,
            " (%s, line %d, column %d)",
            Objects.requireNonNullElse(xml.getLocation().getSystemId(), "unknown file"),
            xml.getLocation().getLineNumber(),
            xml.getLocation().getColumnNumber())
        : "";
  }
}
