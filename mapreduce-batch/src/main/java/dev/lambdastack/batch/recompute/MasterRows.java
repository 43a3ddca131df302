package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnBatch;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.ColumnVector;
import java.io.IOException;
import java.util.List;

/**
 * The rows of one row group as views see them. Where the file follows another schema than the one
 * that is pinned now, rows that still have the bytes that the producer sent are decoded from those:
 * the file's columns may lack what they say. Not thread-safe.
 */
final class MasterRows implements RowGroup {
  private static final Column RAW = new Column("raw", ColumnType.STRING, 0, true);

  private final String path;
  private final long count;
  private final ColumnSource[] columns;
  private final ColumnSource eventTime;
  private final ColumnSource partition;
  private final ColumnSource offset;
  private final ColumnSource raw;
  private final EventDecoder decoder;
  private final boolean[] nulls = new boolean[ColumnBatch.CAPACITY];
  private final long[] longs;
  private final ColumnVector raws;
  private long done;

  /**
   * Rows.
   *
   * @param count how many
   * @param columns in the projection's order; two that are one in the file are the same source
   * @param eventTime may be one of the columns
   * @param partition null where nobody needs coordinates; so with {@code offset}
   * @param raw null where the file follows the pinned schema
   * @param decoder of {@code raw}, for the same columns
   */
  MasterRows(
      String path,
      long count,
      ColumnSource[] columns,
      ColumnSource eventTime,
      ColumnSource partition,
      ColumnSource offset,
      ColumnSource raw,
      EventDecoder decoder) {
    this.path = path;
    this.count = count;
    this.columns = columns;
    this.eventTime = eventTime;
    this.partition = partition;
    this.offset = offset;
    this.raw = raw;
    this.decoder = decoder;
    this.longs = partition == null ? null : new long[ColumnBatch.CAPACITY];
    this.raws = raw == null ? null : new ColumnBatch(List.of(RAW)).column(0);
  }

  @Override
  public boolean next(ColumnBatch batch) throws IOException {
    if (done == count) {
      return false;
    }
    int rows = (int) Math.min(ColumnBatch.CAPACITY, count - done);
    batch.resize(rows);
    for (int i = 0; i < columns.length; i++) {
      int first = indexOf(columns[i]);
      if (first < i) {
        batch.column(i).copy(batch.column(first), rows);
      } else {
        columns[i].read(batch.column(i), rows);
      }
    }
    readEventTimes(batch, rows);
    if (partition != null) {
      partition.longs(longs, nulls, rows);
      int[] partitions = batch.partitions();
      for (int row = 0; row < rows; row++) {
        partitions[row] = (int) longs[row];
      }
      offset.longs(batch.offsets(), nulls, rows);
    }
    if (raw != null) {
      raw.texts(raws, rows);
      decodeRaws(batch, rows);
    }
    done += rows;
    return true;
  }

  private void readEventTimes(ColumnBatch batch, int rows) {
    int column = indexOf(eventTime);
    if (column < 0) {
      eventTime.longs(batch.eventTimes(), nulls, rows);
    } else {
      System.arraycopy(batch.column(column).longs(), 0, batch.eventTimes(), 0, rows);
    }
  }

  /** The first column that this source is of, -1 for none. */
  private int indexOf(ColumnSource source) {
    for (int i = 0; i < columns.length; i++) {
      if (columns[i] == source) {
        return i;
      }
    }
    return -1;
  }

  private void decodeRaws(ColumnBatch batch, int rows) throws IOException {
    for (int row = 0; row < rows; row++) {
      if (!raws.nulls()[row]) {
        decodeRaw(batch, row);
      }
    }
  }

  private void decodeRaw(ColumnBatch batch, int row) throws IOException {
    // The archive has judged its times; they are not judged again.
    Decoded decoded =
        decoder.decode(
            raws.text(row), batch.partitions()[row], batch.offsets()[row], Long.MAX_VALUE);
    if (!(decoded instanceof DecodedEvent event)) {
      throw new IOException(
          "Cannot read row %d of a row group of %s by the schema that is pinned now: %s"
              .formatted(done + row + 1, path, ((Rejection) decoded).detail()));
    }
    for (int column = 0; column < columns.length; column++) {
      batch.column(column).set(row, event.row(), column);
    }
    batch.eventTimes()[row] = event.row().eventTime();
  }
}
