package dev.lambdastack.batch;

import dev.lambdastack.embedded.EmbeddedHBase;
import dev.lambdastack.embedded.EmbeddedHdfs;
import dev.lambdastack.embedded.EmbeddedKafka;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The servers that all tests of this JVM share, each started when it is first asked for; topics,
 * folders and views keep tests apart. A test asks for them by a parameter of this type.
 */
public final class Servers implements AutoCloseable {
  private EmbeddedKafka kafka;
  private EmbeddedHdfs hdfs;
  private EmbeddedHBase hbase;

  /** Resolves the parameter. */
  public static final class Extension implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
        ExtensionContext.Namespace.create(Servers.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Servers.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(NAMESPACE)
          .getOrComputeIfAbsent(Servers.class, key -> new Servers(), Servers.class);
    }
  }

  public synchronized EmbeddedKafka kafka() {
    try {
      kafka = kafka == null ? EmbeddedKafka.builder().start() : kafka;
      return kafka;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public synchronized EmbeddedHdfs hdfs() {
    try {
      hdfs = hdfs == null ? EmbeddedHdfs.start() : hdfs;
      return hdfs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public synchronized EmbeddedHBase hbase() {
    try {
      hbase = hbase == null ? EmbeddedHBase.builder(hdfs()).start() : hbase;
      return hbase;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Settings of a client of Kafka and HDFS. */
  public Configuration configuration() {
    Configuration conf = hdfs().configuration();
    conf.set("lambda.kafka.bootstrap-servers", kafka().bootstrapServers());
    return conf;
  }

  /** Settings of a client of all three. */
  public Configuration configurationWithHBase() {
    Configuration conf = hbase().configuration();
    conf.set("lambda.kafka.bootstrap-servers", kafka().bootstrapServers());
    return conf;
  }

  @Override
  public synchronized void close() throws IOException {
    if (hbase != null) {
      hbase.close();
    }
    if (hdfs != null) {
      hdfs.close();
    }
    if (kafka != null) {
      kafka.close();
    }
  }
}
