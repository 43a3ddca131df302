package dev.lambdastack.batch;

import dev.lambdastack.batch.master.LiveFile;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;

/** Files of a table that are not there: what a table knows of them is enough. */
public final class LiveFiles {
  private LiveFiles() {}

  /** One whose rows are of any place and time. */
  public static LiveFile of(String path, long rows, long bytes) {
    LiveFile.Range any = new LiveFile.Range(0, Long.MAX_VALUE);
    return new LiveFile(
        data(path, rows, bytes), 1, Optional.empty(), Optional.empty(), any, any, any, true);
  }

  /** One with events of these dates: of each where it is one, of some where it is mixed. */
  public static LiveFile ofDates(
      String path, String pinned, long bytes, LocalDate first, LocalDate last) {
    return new LiveFile(
        data(path, 10, bytes),
        1,
        Optional.of(pinned),
        first.equals(last) ? Optional.of(first) : Optional.empty(),
        new LiveFile.Range(0, 0),
        new LiveFile.Range(0, 9),
        new LiveFile.Range(start(first).toEpochMilli(), start(last).toEpochMilli()),
        true);
  }

  private static Instant start(LocalDate date) {
    return date.atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  private static DataFile data(String path, long rows, long bytes) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .withPath(path)
        .withFormat(FileFormat.PARQUET)
        .withRecordCount(rows)
        .withFileSizeInBytes(bytes)
        .build();
  }
}
