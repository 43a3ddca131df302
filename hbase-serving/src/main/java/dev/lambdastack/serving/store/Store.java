package dev.lambdastack.serving.store;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;

/** Opens HBase, or says in one line why it cannot. */
public final class Store {
  private Store() {}

  /**
   * A connection whose cluster has answered; the caller closes it. Gives up after {@code
   * lambda.hbase.timeout}.
   *
   * @throws InvalidInputException when HBase cannot be reached
   */
  public static Connection connect(LambdaConfig config) {
    Configuration conf = HBaseConfiguration.create(config.hadoop());
    long limitMillis = config.hbaseTimeout().toMillis();
    FutureTask<Connection> attempt = new FutureTask<>(() -> connectAndAsk(conf));
    Thread thread = new Thread(attempt, "lambda-connect");
    thread.setDaemon(true);
    thread.start();
    try {
      return attempt.get(limitMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      attempt.cancel(true);
      throw unreachable(
          conf, "no answer within %d ms (lambda.hbase.timeout)".formatted(limitMillis), e);
    } catch (ExecutionException e) {
      throw unreachable(conf, rootMessage(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      attempt.cancel(true);
      Thread.currentThread().interrupt();
      throw unreachable(conf, "interrupted", e);
    }
  }

  /** One read of hbase:meta: ZooKeeper alone says nothing about the servers. */
  private static Connection connectAndAsk(Configuration conf) throws IOException {
    Connection connection = ConnectionFactory.createConnection(conf);
    try (Table meta = connection.getTable(TableName.META_TABLE_NAME)) {
      meta.exists(new Get(Bytes.toBytes("lambda")));
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static InvalidInputException unreachable(
      Configuration conf, String why, Throwable cause) {
    return new InvalidInputException(
        "Cannot reach HBase through ZooKeeper at %s:%s: %s; check that the cluster runs, and hbase-site.xml on the class path (scripts/lambda takes the folder that LAMBDA_CONF names)"
            .formatted(
                conf.get("hbase.zookeeper.quorum"),
                conf.get("hbase.zookeeper.property.clientPort"),
                why),
        cause);
  }

  /** The first line of what lies at the bottom of a fault: HBase wraps causes many times. */
  public static String rootMessage(Throwable fault) {
    Throwable cause = fault;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String name = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? name : cause.getMessage().lines().findFirst().orElse(name);
  }
}
