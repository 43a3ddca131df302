package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.ColumnBatch;
import dev.lambdastack.views.aggregate.ColumnarAggregation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where the new tables of views are split: so that their regions, and with them the reducers, get
 * about equally many cells. A sample of the events tells, taken from row groups all over the files.
 */
final class RegionSplits {
  private static final int ROW_GROUPS = 16;
  private static final int ROWS = 1 << 18;

  private RegionSplits() {}

  /**
   * The splits of each view's table, by the view's name.
   *
   * @param files opened for all columns that the views read
   * @param regions the most that a table is split into
   */
  static Map<String, byte[][]> sample(
      MasterFiles files,
      List<LiveFile> inputs,
      List<View> views,
      Projection projection,
      int regions)
      throws IOException, InterruptedException {
    Map<String, ColumnarAggregation> samples =
        views.stream()
            .collect(
                Collectors.toMap(
                    View::name, v -> new ColumnarAggregation(v, projection.columns())));
    ColumnBatch batch = ColumnBatch.of(projection.type(), projection.columns());
    List<Pick> picks = picks(inputs, ROW_GROUPS);
    for (Pick pick : picks) {
      read(files, pick, ROWS / picks.size(), batch, samples.values());
    }

    Map<String, byte[][]> splits = new HashMap<>();
    for (Map.Entry<String, ColumnarAggregation> sample : samples.entrySet()) {
      TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
      sample.getValue().drain((rowKey, value, marked) -> keys.add(rowKey));
      splits.put(sample.getKey(), cuts(List.copyOf(keys), regions));
    }
    return splits;
  }

  private static void read(
      MasterFiles files,
      Pick pick,
      int rows,
      ColumnBatch batch,
      Collection<ColumnarAggregation> samples)
      throws IOException {
    try (MasterFile file = files.open(FilePart.whole(pick.file()))) {
      Optional<RowGroup> group = file.rowGroupAt(pick.fraction());
      int left = group.isEmpty() ? 0 : rows;
      while (left > 0 && group.get().next(batch)) {
        left -= batch.size();
        samples.forEach(s -> s.add(batch));
      }
    }
  }

  /**
   * A row group to look into.
   *
   * @param fraction how far into the file, from 0 to 1
   */
  record Pick(LiveFile file, double fraction) {}

  /** Row groups that stand equally far from each other, by rows. */
  static List<Pick> picks(List<LiveFile> inputs, int most) {
    long total = inputs.stream().mapToLong(f -> f.rows()).sum();
    List<Pick> picks = new ArrayList<>();
    long before = 0;
    int next = 0;

    for (LiveFile input : inputs) {
      long rows = input.rows();
      while (next < most && target(next, most, total) < before + rows) {
        picks.add(new Pick(input, (target(next, most, total) - before) / (double) rows));
        next++;
      }
      before += rows;
    }

    return picks;
  }

  private static long target(int number, int most, long total) {
    return (2 * number + 1) * total / (2 * most);
  }

  /**
   * Keys that cut these into about equally many.
   *
   * @param keys ascending, each once
   */
  static byte[][] cuts(List<byte[]> keys, int regions) {
    int parts = Math.min(regions, keys.size());
    byte[][] cuts = new byte[Math.max(0, parts - 1)][];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = keys.get((int) ((i + 1L) * keys.size() / parts));
    }
    return cuts;
  }
}
