package dev.lambdastack.serving.store;

import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;

/** Opens HBase, or says in one line why it cannot. */
public final class HBaseConnector {
  private HBaseConnector() {}

  /**
   * A connection whose cluster has answered; the caller closes it. Gives up after {@code
   * lambda.hbase.timeout}.
   *
   * @throws UnavailableException when HBase does not answer
   */
  public static Connection connect(LambdaConfig config) {
    return connect(config, HBaseConfiguration.create(config.hadoop()));
  }

  /**
   * {@link #connect} for work that has a beginning and an end: an operation that HBase does not
   * complete within {@code lambda.hbase.operation-timeout} fails, so that the command can say so.
   */
  public static Connection connectForWork(LambdaConfig config) {
    return connect(config, forWork(config));
  }

  /** The settings of {@link #connectForWork}, for what opens connections itself. */
  public static Configuration forWork(LambdaConfig config) {
    Configuration conf = HBaseConfiguration.create(config.hadoop());
    int limit = (int) Math.min(Integer.MAX_VALUE, config.hbase().operationTimeout().toMillis());
    conf.setInt(HConstants.HBASE_CLIENT_OPERATION_TIMEOUT, limit);
    conf.setInt(HConstants.HBASE_CLIENT_META_OPERATION_TIMEOUT, limit);
    // How long an administrator's request that the master works at is waited for.
    conf.setInt("hbase.client.sync.wait.timeout.msec", limit);
    conf.setInt(
        HConstants.HBASE_RPC_TIMEOUT_KEY,
        Math.min(
            limit,
            conf.getInt(HConstants.HBASE_RPC_TIMEOUT_KEY, HConstants.DEFAULT_HBASE_RPC_TIMEOUT)));
    conf.setInt(HConstants.HBASE_CLIENT_RETRIES_NUMBER, retries(conf, limit));
    return conf;
  }

  /** As many tries as fit: looking for a region's server heeds nothing but their number. */
  private static int retries(Configuration conf, long limitMillis) {
    long pause = conf.getLong(HConstants.HBASE_CLIENT_PAUSE, HConstants.DEFAULT_HBASE_CLIENT_PAUSE);
    int most =
        conf.getInt(
            HConstants.HBASE_CLIENT_RETRIES_NUMBER, HConstants.DEFAULT_HBASE_CLIENT_RETRIES_NUMBER);
    int retries = 1;
    long waited = pause;
    while (retries < most && waited < limitMillis) {
      int step = Math.min(retries, HConstants.RETRY_BACKOFF.length - 1);
      waited += pause * HConstants.RETRY_BACKOFF[step];
      retries++;
    }
    return retries;
  }

  private static Connection connect(LambdaConfig config, Configuration conf) {
    FirstContact.hbase(conf);
    long limitMillis = config.hbase().timeout().toMillis();

    FutureTask<Connection> attempt = new FutureTask<>(() -> connectAndAsk(conf));
    Thread thread = new Thread(attempt, "lambda-connect");
    thread.setDaemon(true);
    thread.start();

    try {
      return attempt.get(limitMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      attempt.cancel(true);
      throw unreachable(
          conf,
          String.format(Locale.ROOT, "no answer within %d ms (lambda.hbase.timeout)", limitMillis),
          e);
    } catch (ExecutionException e) {
      throw unreachable(conf, LambdaException.rootMessage(e.getCause()), e.getCause());
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

  private static UnavailableException unreachable(Configuration conf, String why, Throwable cause) {
    return new UnavailableException(
        "Cannot reach HBase through ZooKeeper at %s:%s: %s; check that the cluster runs, and hbase-site.xml on the class path (scripts/lambda takes the folder that LAMBDA_CONF names)"
            .formatted(
                conf.get("hbase.zookeeper.quorum"),
                conf.get("hbase.zookeeper.property.clientPort"),
                why),
        cause);
  }
}
