package dev.lambdastack.speed;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.speed.progress.ProgressOperator;
import dev.lambdastack.speed.source.LogTimeOperator;
import dev.lambdastack.speed.source.TopicCheck;
import dev.lambdastack.speed.window.EpochTotalsOperator;
import java.util.Locale;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The graph of a speed job: one for each life, over the views of a topic that the life carries.
 *
 * <pre>
 * log (Kafka) - log time -+- keyBy(row) - epoch totals - cells (HBase)
 *                         +- positions - progress (one task)
 * </pre>
 */
public final class SpeedJob {
  /**
   * The greatest parallelism that a life can be rescaled to; fixed, since state is divided by it.
   */
  public static final int MAX_PARALLELISM = 128;

  private final SpeedPlan plan;
  private final ViewsLoader views;
  private final SchemaStore schemas;
  private final Source<Envelope, ?, ?> source;
  private final Sink<Total> sink;

  /**
   * @param views gives in each task the views that the plan's generations were opened for
   * @param source every record of the plan's partitions, in order within a partition, its append
   *     time as Flink's timestamp
   */
  public SpeedJob(
      SpeedPlan plan,
      ViewsLoader views,
      SchemaStore schemas,
      Source<Envelope, ?, ?> source,
      Sink<Total> sink) {
    this.plan = plan;
    this.views = views;
    this.schemas = schemas;
    this.source = source;
    this.sink = sink;
  }

  /**
   * Adds the job to an environment.
   *
   * @param parallelism of all but the source, which has at most one task for each partition: one
   *     without any would hold every epoch open
   */
  public void addTo(StreamExecutionEnvironment env, int parallelism) {
    int readers = Math.min(parallelism, plan.starts().size());

    // No idleness: a partition that is stuck holds its epochs open and loses nothing.
    SingleOutputStreamOperator<Contribution> contributions =
        env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "log", Envelope.TYPE)
            // A source does not take up partitions that its state does not name: over more
            // partitions it begins anew, from positions that were published.
            .uid(String.format(Locale.ROOT, "log of %d partitions", plan.starts().size()))
            .setParallelism(readers)
            .transform(
                "log time",
                Contribution.TYPE,
                new LogTimeOperator(plan, views, schemas, TopicCheck.IN_KAFKA))
            .uid("log-time")
            .setParallelism(readers);

    contributions
        .keyBy(new ByRow(), RowId.TYPE)
        .transform("epoch totals", Total.TYPE, new EpochTotalsOperator(plan))
        .uid("epoch-totals")
        .setParallelism(parallelism)
        .sinkTo(sink)
        .uid("cells")
        .name("cells")
        .setParallelism(parallelism);

    contributions
        .getSideOutput(LogTimeOperator.POSITIONS)
        .global()
        .transform("progress", Types.VOID, new ProgressOperator(plan))
        .uid("progress")
        .setParallelism(1)
        .setMaxParallelism(1);
  }

  private static final class ByRow implements KeySelector<Contribution, RowId> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowId getKey(Contribution contribution) {
      return contribution.id();
    }
  }
}
