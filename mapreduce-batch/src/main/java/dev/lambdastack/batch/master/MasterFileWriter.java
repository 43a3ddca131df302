package dev.lambdastack.batch.master;

import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;

/** A Parquet file of the master dataset under construction. Not thread-safe. */
public final class MasterFileWriter implements AutoCloseable {
  private static final int PAGE_BYTES = 256 << 10;

  private final DigestingOutputFile file;
  private final ParquetWriter<GenericRecord> writer;

  private MasterFileWriter(DigestingOutputFile file, ParquetWriter<GenericRecord> writer) {
    this.file = file;
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
    return new MasterFileWriter(
        file,
        AvroParquetWriter.<GenericRecord>builder(file)
            .withSchema(schema)
            .withDataModel(GenericData.get())
            .withConf(parquet)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(rowGroupBytes)
            .withPageSize(PAGE_BYTES)
            .build());
  }

  public void write(GenericRecord row) throws IOException {
    writer.write(row);
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
