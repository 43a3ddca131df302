package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.MasterFileWriter;
import dev.lambdastack.batch.master.OffsetSpan;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** A Parquet file of events under construction. Not thread-safe. */
final class EventFile {
  private final String path;
  private final Optional<LocalDate> date;
  private final OffsetRange range;
  private final MasterFileWriter writer;
  private final GenericData.Record row;
  private final int eventFields;
  private final long pinnedFingerprint;
  private long rows;
  private long minEventTime = Long.MAX_VALUE;
  private long maxEventTime = Long.MIN_VALUE;
  private long minAppendTime = Long.MAX_VALUE;
  private long maxAppendTime = Long.MIN_VALUE;

  /**
   * A file.
   *
   * @param schema as {@link FileSchema#of} makes it
   * @param pinnedFingerprint of the schema of the event's own columns
   */
  EventFile(
      TaskFolder folder,
      Schema schema,
      long pinnedFingerprint,
      Optional<LocalDate> date,
      OffsetRange range)
      throws IOException {
    this.path = folder.eventFile(date);
    this.date = date;
    this.range = range;
    this.pinnedFingerprint = pinnedFingerprint;
    this.writer = folder.writer(path, schema);
    this.row = new GenericData.Record(schema);
    this.eventFields = schema.getField(FileSchema.PARTITION).pos();
  }

  /** Appends an event. */
  void write(DecodedEvent event, byte[] value, long offset, long appendTime) throws IOException {
    GenericRecord record = event.record();
    for (int i = 0; i < eventFields; i++) {
      row.put(i, record.get(i));
    }
    row.put(FileSchema.PARTITION, range.partition());
    row.put(FileSchema.OFFSET, offset);
    row.put(FileSchema.APPEND_TIME, appendTime);
    row.put(FileSchema.WRITER_SCHEMA, event.writerFingerprint());
    row.put(FileSchema.RAW, event.isConverted() ? ByteBuffer.wrap(value) : null);
    writer.write(row);
    count(event.eventTime(), appendTime);
  }

  /** Whether {@link #writePinned} may be called. */
  boolean takesPinned() {
    return writer.takesEvents();
  }

  /** Appends an event that was written with the pinned schema, without decoding it again. */
  void writePinned(byte[] value, long offset, long appendTime, long eventTime) throws IOException {
    writer.writeEvent(
        value, EventDecoder.HEADER_BYTES, range.partition(), offset, appendTime, pinnedFingerprint);
    count(eventTime, appendTime);
  }

  private void count(long eventTime, long appendTime) {
    rows++;
    minEventTime = Math.min(minEventTime, eventTime);
    maxEventTime = Math.max(maxEventTime, eventTime);
    minAppendTime = Math.min(minAppendTime, appendTime);
    maxAppendTime = Math.max(maxAppendTime, appendTime);
  }

  /** Closes the file; at least one event was written. */
  DataFile finish() throws IOException {
    writer.close();

    SortedMap<Integer, OffsetSpan> offsets = new TreeMap<>();
    offsets.put(range.partition(), new OffsetSpan(range.start(), range.end()));
    return new DataFile(
        path,
        date,
        rows,
        offsets,
        minEventTime,
        maxEventTime,
        minAppendTime,
        maxAppendTime,
        writer.lengthBytes(),
        writer.sha256());
  }
}
