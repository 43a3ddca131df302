package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.LayerRow;
import dev.lambdastack.serving.merge.RowMerge;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;

/** Both layers' scans of one range, under way together. */
record RangeRead(Optional<LayerScan> batch, Optional<LayerScan> speed) implements AutoCloseable {
  RowMerge merge() {
    return new RowMerge(rows(batch), rows(speed));
  }

  private static Iterator<LayerRow> rows(Optional<LayerScan> scan) {
    return scan.<Iterator<LayerRow>>map(s -> s).orElseGet(Collections::emptyIterator);
  }

  @Override
  public void close() {
    batch.ifPresent(LayerScan::close);
    speed.ifPresent(LayerScan::close);
  }
}
