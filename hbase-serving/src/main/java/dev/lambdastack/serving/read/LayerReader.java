package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.LayerRow;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.PublishedRow;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.filter.ColumnRangeFilter;

/** What is read of the two tables of a published row, and how a row of each is understood. */
final class LayerReader {
  private static final byte[] BATCH_FAMILY = Cell.batchFamily();
  private static final byte[] BATCH_QUALIFIER = Cell.batchQualifier();
  private static final byte[] SPEED_FAMILY = Cell.speedFamily();

  private LayerReader() {}

  /** A range of the version's table; empty while there is none. */
  static Optional<LayerScan.Source> batch(PublishedRow row, RowRange range) {
    ViewShape shape = row.shape();
    return row.version()
        .map(
            version ->
                new LayerScan.Source(
                    TableName.valueOf(version.table()),
                    range.scan().addColumn(BATCH_FAMILY, BATCH_QUALIFIER),
                    result -> batchRow(shape, result)));
  }

  /**
   * A range of the generation's table, without the cells of epochs before the horizon, which are in
   * the version already; empty while there is no generation.
   */
  static Optional<LayerScan.Source> speed(PublishedRow row, RowRange range) {
    ViewShape shape = row.shape();
    long horizon = row.horizonEpoch();
    return row.generation()
        .map(
            generation ->
                new LayerScan.Source(
                    TableName.valueOf(generation.table()),
                    speedScan(range, horizon),
                    result -> speedRow(shape, horizon, result)));
  }

  private static Scan speedScan(RowRange range, long horizonEpoch) {
    return range
        .scan()
        .addFamily(SPEED_FAMILY)
        .setFilter(new ColumnRangeFilter(Cell.speedQualifier(horizonEpoch), true, null, true));
  }

  private static LayerRow batchRow(ViewShape shape, Result result) {
    return new LayerRow(
        result.getRow(), decode(shape, result.getColumnLatestCell(BATCH_FAMILY, BATCH_QUALIFIER)));
  }

  /** All epochs' totals of a row, merged. */
  private static LayerRow speedRow(ViewShape shape, long horizonEpoch, Result result) {
    Aggregate whole = null;
    for (org.apache.hadoop.hbase.Cell cell : result.rawCells()) {
      long epoch = Cell.epoch(cell.getQualifierArray(), cell.getQualifierOffset());
      if (epoch < horizonEpoch) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "a scan from epoch %d on returned a cell of epoch %d",
                horizonEpoch,
                epoch));
      }

      Aggregate total = decode(shape, cell);
      if (whole == null) {
        whole = total;
      } else {
        whole.merge(total);
      }
    }

    return new LayerRow(result.getRow(), whole);
  }

  private static Aggregate decode(ViewShape shape, org.apache.hadoop.hbase.Cell cell) {
    return shape.decode(cell.getValueArray(), cell.getValueOffset(), cell.getValueLength());
  }
}
