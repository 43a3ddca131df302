package dev.lambdastack.batch.master;

import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.OutputFile;

/** A Parquet file of the master dataset under construction. Not thread-safe. */
public final class MasterFileWriter implements AutoCloseable {
  private static final int PAGE_BYTES = 256 << 10;

  private final DigestingOutputFile file;
  private final RowSupport rows;
  private final ParquetWriter<RowSupport.Row> writer;
  private final RowSupport.Whole whole = new RowSupport.Whole();
  private final RowSupport.Bytes bytes = new RowSupport.Bytes();

  private MasterFileWriter(
      DigestingOutputFile file, RowSupport rows, ParquetWriter<RowSupport.Row> writer) {
    this.file = file;
    this.rows = rows;
    this.writer = writer;
  }

  /**
   * A new file, for records with Avro's generic types, decimals as bytes.
   *
   * @param schema of all columns
   * @param rowGroupBytes how much is held in memory before it is written, about
   */
  public static MasterFileWriter create(
      Configuration conf, Path path, Schema schema, long rowGroupBytes) throws IOException {
    Configuration parquet = FileSchema.parquet(conf);
    DigestingOutputFile file = new DigestingOutputFile(HadoopOutputFile.fromPath(path, parquet));
    RowSupport rows = new RowSupport(schema, parquet);

    return new MasterFileWriter(
        file,
        rows,
        new Builder(file, rows)
            .withConf(parquet)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(rowGroupBytes)
            .withPageSize(PAGE_BYTES)
            // Nobody asks for them, and they are gathered a value at a time.
            .withSizeStatisticsEnabled(false)
            // No offset stands twice.
            .withDictionaryEncoding(FileSchema.OFFSET, false)
            .build());
  }

  private static final class Builder extends ParquetWriter.Builder<RowSupport.Row, Builder> {
    private final RowSupport rows;

    Builder(OutputFile file, RowSupport rows) {
      super(file);
      this.rows = rows;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<RowSupport.Row> getWriteSupport(Configuration conf) {
      return rows;
    }
  }

  public void write(GenericRecord row) throws IOException {
    whole.record = row;
    writer.write(whole);
  }

  /** Whether {@link #writeEvent} may be called: the event's fields are single values. */
  public boolean takesEvents() {
    return rows.takesEvents();
  }

  /**
   * Writes an event that was written with the very schema of the file's first columns: the same row
   * as of its decoded record, without decoding it.
   *
   * @param value the record's value: the event, checked, from byte {@code start} on. Must not
   *     change until the file is closed
   */
  public void writeEvent(
      byte[] value, int start, int partition, long offset, long appendTime, long writerSchema)
      throws IOException {
    bytes.set(value, start, partition, offset, appendTime, writerSchema);
    writer.write(bytes);
  }

  /** About how long the file would be if it were closed now, or longer. */
  public long estimatedLengthBytes() {
    return writer.getDataSize();
  }

  /** Of the file, once it is closed. */
  public long lengthBytes() {
    return file.lengthBytes();
  }

  /** Of the file's bytes, in hex; once, after it is closed. */
  public String sha256() {
    return file.sha256();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
