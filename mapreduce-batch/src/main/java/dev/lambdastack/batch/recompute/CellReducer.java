package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.handoff.Cell;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Reducer;

/** Merges the aggregates of a row key into the one cell that the version has for it. */
final class CellReducer
    extends Reducer<ImmutableBytesWritable, BytesWritable, NullWritable, KeyValue> {
  private final byte[] family = Cell.batchFamily();
  private final byte[] qualifier = Cell.batchQualifier();
  private PassPlan plan;
  private List<ViewShape> shapes;
  private List<Written> written;

  /** What was written of one view. */
  private static final class Written {
    private long cells;
    private long newCells;

    void add(boolean isNew) {
      cells++;
      newCells += isNew ? 1 : 0;
    }
  }

  CellReducer() {}

  @Override
  protected void setup(Context context) throws IOException {
    plan = Pass.of(context.getConfiguration()).plan();
    shapes = MergingCombiner.shapes(context.getConfiguration());
    written = shapes.stream().map(shape -> new Written()).toList();
  }

  @Override
  protected void reduce(ImmutableBytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException, InterruptedException {
    int view = CellKey.view(key.get(), key.getOffset());
    PartialValue merged = PartialValue.merge(shapes.get(view), values);
    byte[] value = merged.toBytes();

    written.get(view).add(!merged.isOld());
    context.write(
        NullWritable.get(),
        new KeyValue(
            key.get(),
            key.getOffset() + CellKey.ROW,
            key.getLength() - CellKey.ROW,
            family,
            0,
            family.length,
            qualifier,
            0,
            qualifier.length,
            plan.cellTimestamp(),
            KeyValue.Type.Put,
            value,
            1,
            value.length - 1));
  }

  @Override
  protected void cleanup(Context context) {
    for (int view = 0; view < written.size(); view++) {
      Written ofView = written.get(view);
      if (ofView.cells > 0) {
        String name = plan.views().get(view).name();
        context.getCounter(RecomputeCounter.CELLS, name).increment(ofView.cells);
        context.getCounter(RecomputeCounter.NEW_CELLS, name).increment(ofView.newCells);
      }
    }
  }
}
