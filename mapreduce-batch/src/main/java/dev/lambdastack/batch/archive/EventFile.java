package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.TableFileWriter;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.iceberg.DataFile;

/** A file of events under construction. Not thread-safe. */
final class EventFile {
  private final Optional<LocalDate> date;
  private final OffsetRange range;
  private final TableFileWriter writer;
  private final long pinnedFingerprint;
  private final GenericDatumWriter<GenericRecord> pinned;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private BinaryEncoder encoder;

  /**
   * A file.
   *
   * @param schema the pinned one
   */
  EventFile(
      TaskFolder folder,
      Schema schema,
      long pinnedFingerprint,
      Optional<LocalDate> date,
      OffsetRange range)
      throws IOException {
    this.date = date;
    this.range = range;
    this.pinnedFingerprint = pinnedFingerprint;
    this.pinned = new GenericDatumWriter<>(schema);
    this.writer = folder.events(date);
  }

  /** Appends an event that was written with another schema than the pinned one. */
  void write(DecodedEvent event, byte[] value, long offset, long appendTime) throws IOException {
    bytes.reset();
    encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
    pinned.write(event.record(), encoder);
    encoder.flush();
    writer.write(
        bytes.toByteArray(),
        0,
        range.partition(),
        offset,
        appendTime,
        event.writerFingerprint(),
        value);
  }

  /** Appends an event that was written with the pinned schema, without decoding it again. */
  void writePinned(byte[] value, long offset, long appendTime) throws IOException {
    writer.write(
        value,
        EventDecoder.HEADER_BYTES,
        range.partition(),
        offset,
        appendTime,
        pinnedFingerprint,
        null);
  }

  /** Closes the file; at least one event was written. */
  DataFile finish() throws IOException {
    return writer.finish(date);
  }
}
