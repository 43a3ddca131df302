package dev.lambdastack.serving.testing;

import dev.lambdastack.embedded.EmbeddedHBase;
import dev.lambdastack.embedded.EmbeddedHdfs;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests one HBase for all classes of the JVM, which is stopped after the last. */
public final class TestingHBase implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(TestingHBase.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Cluster.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Cluster.class, type -> Cluster.start(), Cluster.class);
  }

  /** A running HBase and a connection to it. */
  public static final class Cluster
      implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    private final EmbeddedHdfs hdfs;
    private final EmbeddedHBase hbase;
    private final Connection connection;

    private Cluster(EmbeddedHdfs hdfs, EmbeddedHBase hbase, Connection connection) {
      this.hdfs = hdfs;
      this.hbase = hbase;
      this.connection = connection;
    }

    private static Cluster start() {
      try {
        EmbeddedHdfs hdfs = EmbeddedHdfs.start();
        EmbeddedHBase hbase = EmbeddedHBase.builder(hdfs).start();
        return new Cluster(hdfs, hbase, ConnectionFactory.createConnection(hbase.configuration()));
      } catch (IOException e) {
        throw new IllegalStateException("Cannot start HBase for the tests", e);
      }
    }

    public Configuration configuration() {
      return hbase.configuration();
    }

    /** Belongs to all tests: nobody closes it. */
    public Connection connection() {
      return connection;
    }

    @Override
    public void close() throws IOException {
      connection.close();
      hbase.close();
      hdfs.close();
    }
  }
}
