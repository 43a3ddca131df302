package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Cell;
import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Reducer;

/** Merges the aggregates of a row key into the one cell that the version has for it. */
final class CellReducer
    extends Reducer<ImmutableBytesWritable, BytesWritable, ImmutableBytesWritable, KeyValue> {
  private final byte[] family = Cell.batchFamily();
  private final byte[] qualifier = Cell.batchQualifier();
  private ViewShape shape;
  private long timestamp;

  CellReducer() {}

  @Override
  protected void setup(Context context) {
    shape = MergingCombiner.shape(context.getConfiguration());
    timestamp = RecomputeSettings.readFrom(context.getConfiguration()).cellTimestamp();
  }

  @Override
  protected void reduce(ImmutableBytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException, InterruptedException {
    byte[] value = MergingCombiner.merge(shape, values).toBytes();
    context.write(
        key, new KeyValue(key.copyBytes(), family, qualifier, timestamp, KeyValue.Type.Put, value));
  }
}
