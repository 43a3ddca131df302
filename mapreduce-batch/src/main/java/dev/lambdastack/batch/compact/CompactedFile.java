package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.MasterFileWriter;
import dev.lambdastack.batch.master.OffsetSpan;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A file of one date under construction, its rows in order. Not thread-safe. */
final class CompactedFile {
  private static final long MAX_ROW_GROUP_BYTES = 64L << 20;
  private static final int ROWS_BETWEEN_CHECKS = 100;

  private final String path;
  private final LocalDate date;
  private final long targetBytes;
  private final MasterFileWriter writer;
  private final SortedMap<Integer, OffsetSpan> offsets = new TreeMap<>();
  private long rows;
  private long minEventTime = Long.MAX_VALUE;
  private long maxEventTime = Long.MIN_VALUE;
  private long minAppendTime = Long.MAX_VALUE;
  private long maxAppendTime = Long.MIN_VALUE;

  /**
   * A file.
   *
   * @param folder what the path is relative to
   */
  CompactedFile(
      Configuration conf, Path folder, String path, LocalDate date, Schema schema, long targetBytes)
      throws IOException {
    this.path = path;
    this.date = date;
    this.targetBytes = targetBytes;
    this.writer =
        MasterFileWriter.create(
            conf, new Path(folder, path), schema, Math.min(MAX_ROW_GROUP_BYTES, targetBytes));
  }

  LocalDate date() {
    return date;
  }

  /** Whether the next row belongs into another file. */
  boolean isFull() {
    return rows % ROWS_BETWEEN_CHECKS == 0 && writer.estimatedLengthBytes() >= targetBytes;
  }

  void write(GenericRecord row, long eventTime) throws IOException {
    writer.write(row);
    rows++;

    long offset = (Long) row.get(FileSchema.OFFSET);
    offsets.merge(
        (Integer) row.get(FileSchema.PARTITION),
        new OffsetSpan(offset, offset + 1),
        OffsetSpan::and);

    long appendTime = (Long) row.get(FileSchema.APPEND_TIME);
    minEventTime = Math.min(minEventTime, eventTime);
    maxEventTime = Math.max(maxEventTime, eventTime);
    minAppendTime = Math.min(minAppendTime, appendTime);
    maxAppendTime = Math.max(maxAppendTime, appendTime);
  }

  /** Closes the file; at least one row was written. */
  DataFile finish() throws IOException {
    writer.close();
    return new DataFile(
        path,
        Optional.of(date),
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
