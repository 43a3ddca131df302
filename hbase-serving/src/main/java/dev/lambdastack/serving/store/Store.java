package dev.lambdastack.serving.store;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;

/** Opens HBase, or says in one line why it cannot. */
public final class Store {
  private Store() {}

  /**
   * A connection whose cluster has answered; the caller closes it.
   *
   * @throws InvalidInputException when HBase cannot be reached
   */
  public static Connection connect(LambdaConfig config) {
    Configuration conf = HBaseConfiguration.create(config.hadoop());
    Configuration probe = new Configuration(conf);
    probe.setInt("hbase.client.retries.number", 2);
    probe.setInt("hbase.client.operation.timeout", 15_000);
    probe.setInt("hbase.client.meta.operation.timeout", 15_000);
    probe.setInt("zookeeper.recovery.retry", 1);
    try (Connection first = ConnectionFactory.createConnection(probe)) {
      try (var admin = first.getAdmin()) {
        admin.listNamespaces();
      }
      return ConnectionFactory.createConnection(conf);
    } catch (IOException e) {
      throw new InvalidInputException(
          "Cannot reach HBase through ZooKeeper at %s:%s: %s; check hbase-site.xml and that the cluster runs"
              .formatted(
                  conf.get("hbase.zookeeper.quorum"),
                  conf.get("hbase.zookeeper.property.clientPort"),
                  firstLine(e)),
          e);
    }
  }

  private static String firstLine(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String message =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return message.lines().findFirst().orElse(cause.getClass().getSimpleName());
  }
}
