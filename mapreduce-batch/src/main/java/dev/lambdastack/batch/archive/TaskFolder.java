package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.TableFileWriter;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.hadoop.HadoopOutputFile;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;

/**
 * Where one task attempt puts its files. Those of events and dead letters lie where they stay; they
 * are of no table until the run commits those of the attempts that its reports name. The report is
 * in the attempt's own folder, which the framework keeps or drops.
 */
final class TaskFolder {
  static final String REPORTS = "reports";

  private static final long MAX_ROW_GROUP_BYTES = 64L << 20;
  private static final long MIN_ROW_GROUP_BYTES = 1L << 20;

  private final Path work;
  private final Configuration conf;
  private final ArchiveSettings settings;
  private final long rowGroupBytes;
  private final String fileName;

  /**
   * A folder.
   *
   * @param work the attempt's own
   * @param fileName what the names of all files of the attempt end with; unique within the run
   */
  TaskFolder(Path work, Configuration conf, ArchiveSettings settings, String fileName) {
    this.work = work;
    this.conf = conf;
    this.settings = settings;
    this.rowGroupBytes = rowGroupBytes(LambdaConfig.of(conf));
    this.fileName = fileName;
  }

  /**
   * So that the open row groups of all files take about four times the archive's memory at most.
   */
  private static long rowGroupBytes(LambdaConfig config) {
    long share = 4 * config.archive().memoryBytes() / (config.archive().openDates() + 1);
    return Math.max(MIN_ROW_GROUP_BYTES, Math.min(MAX_ROW_GROUP_BYTES, share));
  }

  /** A new file for events of a date, or of any where it is empty. */
  TableFileWriter events(Optional<LocalDate> date) throws IOException {
    String name = date.map(LocalDate::toString).orElse("mixed") + "-" + fileName;
    return TableFileWriter.create(
        conf,
        settings.events(),
        new Path(settings.events().folder(settings.runId(), settings.type().schema()), name),
        settings.type().schema(),
        rowGroupBytes);
  }

  /** A new file for dead letters. */
  DataWriter<Record> deadLetters() throws IOException {
    TableLayout layout = settings.deadLetters();
    Path path = new Path(layout.folder(settings.runId()), fileName);
    return Parquet.writeData(HadoopOutputFile.fromPath(path, conf))
        .schema(layout.schema())
        .withSpec(layout.mixed())
        .setAll(layout.properties())
        .createWriterFunc(GenericParquetWriter::create)
        .build();
  }

  Path report(OffsetRange range) {
    return new Path(new Path(work, REPORTS), range + ".json");
  }
}
