package dev.lambdastack.batch.recompute;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.hbase.util.Bytes;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Partitioner;

/** Sends a key to the reducer that writes the region which holds it. */
final class RegionPartitioner extends Partitioner<ImmutableBytesWritable, BytesWritable>
    implements Configurable {
  private Configuration conf;
  private byte[][][] starts;
  private int[] first;

  RegionPartitioner() {}

  @Override
  public void setConf(Configuration conf) {
    this.conf = conf;
    try {
      use(Pass.of(conf).plan());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void use(PassPlan plan) {
    List<PassPlan.ViewPlan> views = plan.views();
    starts = new byte[views.size()][][];
    first = new int[views.size()];
    for (int view = 0; view < starts.length; view++) {
      starts[view] = views.get(view).regionStarts().toArray(byte[][]::new);
      first[view] = view == 0 ? 0 : first[view - 1] + starts[view - 1].length;
    }
  }

  @Override
  public Configuration getConf() {
    return conf;
  }

  @Override
  public int getPartition(ImmutableBytesWritable key, BytesWritable value, int reducers) {
    int view = CellKey.view(key.get(), key.getOffset());
    byte[][] regions = starts[view];
    int row = key.getOffset() + CellKey.ROW;
    int length = key.getLength() - CellKey.ROW;

    int low = 0;
    int high = regions.length - 1;
    // The last region that does not start behind the key; the first one starts before all.
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      byte[] start = regions[middle];
      if (Bytes.compareTo(start, 0, start.length, key.get(), row, length) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }

    return first[view] + low;
  }
}
