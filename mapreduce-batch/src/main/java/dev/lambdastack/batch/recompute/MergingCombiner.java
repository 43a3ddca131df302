package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Reducer;

/** Merges the aggregates of a row key. */
final class MergingCombiner
    extends Reducer<ImmutableBytesWritable, BytesWritable, ImmutableBytesWritable, BytesWritable> {
  private ViewShape shape;

  MergingCombiner() {}

  @Override
  protected void setup(Context context) {
    shape = shape(context.getConfiguration());
  }

  static ViewShape shape(Configuration conf) {
    return RecomputeSettings.readFrom(conf).load(conf.getClassLoader()).shape();
  }

  static Aggregate merge(ViewShape shape, Iterable<BytesWritable> values) {
    Aggregate merged = shape.emptyAggregate();
    for (BytesWritable value : values) {
      merged.merge(shape.decode(value.getBytes(), 0, value.getLength()));
    }
    return merged;
  }

  @Override
  protected void reduce(ImmutableBytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException, InterruptedException {
    context.write(key, new BytesWritable(merge(shape, values).toBytes()));
  }
}
