package dev.lambdastack.speed.sink;

import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.HBaseThreads;
import dev.lambdastack.speed.plan.SpeedPlan;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.client.AsyncConnection;
import org.apache.hadoop.hbase.client.ConnectionFactory;

/**
 * Totals as cells of the generations' tables. A cell's timestamp says how many events it holds, so
 * writing twice, late or in another order ends in the same bytes. A checkpoint completes only when
 * every total before it is durable.
 */
public final class HBaseSink implements Sink<Total> {
  private static final long serialVersionUID = 1L;

  private final SpeedPlan plan;

  public HBaseSink(SpeedPlan plan) {
    this.plan = plan;
  }

  @Override
  public SinkWriter<Total> createWriter(WriterInitContext context) throws IOException {
    HBaseThreads.endWith(context.getUserCodeClassLoader()::registerReleaseHookIfAbsent);
    try {
      AsyncConnection connection =
          ConnectionFactory.createAsyncConnection(
                  plan.settings().toConfiguration(HBaseConfiguration.create()))
              .get();
      return new HBaseWriter(
          plan, context.getRestoredCheckpointId(), connection, context.getProcessingTimeService());
    } catch (ExecutionException e) {
      throw new IOException("Cannot reach HBase: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while connecting to HBase", e);
    }
  }
}
