package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.views.Row;
import java.io.IOException;

/**
 * The rows of one row group as a view sees them. Where the file follows another schema than the one
 * that is pinned now, rows that still have the bytes that the producer sent are decoded from those:
 * the file's columns may lack what they say. Not thread-safe.
 */
final class MasterRows implements RowGroup, Row {
  private final String path;
  private final long count;
  private final ColumnValues[] columns;
  private final ColumnValues eventTime;
  private final ColumnValues partition;
  private final ColumnValues offset;
  private final ColumnValues raw;
  private final EventDecoder decoder;
  private final ColumnValues[] all;
  private long done;
  private Row current = this;

  /**
   * Rows.
   *
   * @param count how many
   * @param columns in the view's order
   * @param partition null where the view needs no coordinates; so with {@code offset}
   * @param raw null where the file follows the pinned schema
   * @param decoder of {@code raw}, for the same columns
   */
  MasterRows(
      String path,
      long count,
      ColumnValues[] columns,
      ColumnValues eventTime,
      ColumnValues partition,
      ColumnValues offset,
      ColumnValues raw,
      EventDecoder decoder) {
    this.path = path;
    this.count = count;
    this.columns = columns;
    this.eventTime = eventTime;
    this.partition = partition;
    this.offset = offset;
    this.raw = raw;
    this.decoder = decoder;
    this.all =
        java.util.stream.Stream.concat(
                java.util.Arrays.stream(columns),
                java.util.stream.Stream.of(eventTime, partition, offset, raw))
            .filter(java.util.Objects::nonNull)
            .distinct()
            .toArray(ColumnValues[]::new);
  }

  @Override
  public boolean next() throws IOException {
    if (done == count) {
      return false;
    }
    done++;
    for (ColumnValues column : all) {
      column.next();
    }
    current = raw == null || raw.isNull() ? this : decodeRaw();
    return true;
  }

  private Row decodeRaw() throws IOException {
    // The archive has judged its times; they are not judged again.
    Decoded decoded = decoder.decode(raw.text(), partition(), offset(), Long.MAX_VALUE);
    if (decoded instanceof DecodedEvent event) {
      return event.row();
    }
    throw new IOException(
        "Cannot read row %d of a row group of %s by the schema that is pinned now: %s"
            .formatted(done, path, ((Rejection) decoded).detail()));
  }

  @Override
  public Row row() {
    return current;
  }

  @Override
  public boolean isNull(int column) {
    return columns[column].isNull();
  }

  @Override
  public long longAt(int column) {
    return columns[column].number();
  }

  @Override
  public double doubleAt(int column) {
    return columns[column].real();
  }

  @Override
  public byte[] utf8At(int column) {
    return columns[column].text();
  }

  @Override
  public long eventTime() {
    return eventTime.number();
  }

  @Override
  public int partition() {
    return partition == null ? 0 : (int) partition.number();
  }

  @Override
  public long offset() {
    return offset == null ? 0 : offset.number();
  }
}
