package dev.lambdastack.batch.recompute;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.View;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Mapper;

/** Rows of the master dataset to row keys and aggregates. */
final class AggregatingMapper
    extends Mapper<NullWritable, RowGroup, ImmutableBytesWritable, BytesWritable> {
  private BoundView view;
  private HashAggregation aggregation;
  private long rows;

  AggregatingMapper() {}

  @Override
  protected void setup(Context context) {
    Configuration conf = context.getConfiguration();
    View declared = RecomputeSettings.readFrom(conf).load(conf.getClassLoader());
    view = declared.bind(Projection.of(declared).columns());
    aggregation =
        new HashAggregation(
            declared.shape(),
            LambdaConfig.of(conf).recomputeMemoryBytes(),
            (key, aggregate) ->
                context.write(
                    new ImmutableBytesWritable(key), new BytesWritable(aggregate.toBytes())));
  }

  @Override
  protected void map(NullWritable key, RowGroup group, Context context)
      throws IOException, InterruptedException {
    while (group.next()) {
      rows++;
      Row row = group.row();
      if (view.accepts(row)) {
        view.addTo(aggregation.of(view.rowKey()));
      }
    }
    context.progress();
  }

  @Override
  protected void cleanup(Context context) throws IOException, InterruptedException {
    aggregation.flush();
    context.getCounter(RecomputeCounter.ROWS).increment(rows);
    context.getCounter(RecomputeCounter.SPILLS).increment(aggregation.spills());
  }
}
