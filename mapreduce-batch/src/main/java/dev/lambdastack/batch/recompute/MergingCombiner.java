package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Reducer;

/** Merges what a mapper gave away of one row key. */
final class MergingCombiner
    extends Reducer<ImmutableBytesWritable, BytesWritable, ImmutableBytesWritable, BytesWritable> {
  private final BytesWritable out = new BytesWritable();
  private List<ViewShape> shapes;

  MergingCombiner() {}

  @Override
  protected void setup(Context context) throws IOException {
    shapes = shapes(context.getConfiguration());
  }

  static List<ViewShape> shapes(Configuration conf) throws IOException {
    return Pass.of(conf).views().stream().map(v -> v.shape()).toList();
  }

  @Override
  protected void reduce(ImmutableBytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException, InterruptedException {
    ViewShape shape = shapes.get(CellKey.view(key.get(), key.getOffset()));
    byte[] value = PartialValue.merge(shape, values).toBytes();
    out.set(value, 0, value.length);
    context.write(key, out);
  }
}
