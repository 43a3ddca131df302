package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.TableFileWriter;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.hadoop.HadoopOutputFile;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;

/** A file of one date under construction, its rows in order. Not thread-safe. */
final class CompactedFile {
  private static final int ROWS_BETWEEN_CHECKS = 100;

  private final LocalDate date;
  private final long targetBytes;
  private final DataWriter<Record> writer;
  private long rows;

  CompactedFile(Configuration conf, CompactionSettings settings, String name, LocalDate date)
      throws IOException {
    this.date = date;
    this.targetBytes = settings.targetBytes();

    Path path = new Path(settings.folder(), name);
    this.writer =
        Parquet.writeData(HadoopOutputFile.fromPath(path, conf))
            .schema(settings.columns())
            .withSpec(settings.layout().byDate())
            .withPartition(settings.layout().partition(Optional.of(date)))
            .withSortOrder(settings.layout().order())
            .setAll(settings.layout().properties())
            .metricsConfig(settings.layout().metrics())
            .meta(TableFileWriter.PINNED, settings.pinned())
            .createWriterFunc(GenericParquetWriter::create)
            .build();
  }

  LocalDate date() {
    return date;
  }

  /** Whether the next row belongs into another file. */
  boolean isFull() {
    return rows % ROWS_BETWEEN_CHECKS == 0 && writer.length() >= targetBytes;
  }

  void write(Record row) {
    writer.write(row);
    rows++;
  }

  /** Closes the file; at least one row was written. */
  DataFile finish() throws IOException {
    writer.close();
    return writer.toDataFile();
  }
}
