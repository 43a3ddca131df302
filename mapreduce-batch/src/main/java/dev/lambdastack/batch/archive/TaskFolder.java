package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.MasterFileWriter;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Where one task attempt puts its files; the framework keeps or drops all of it. Below {@link
 * #DATA} they lie as they will in the master folder.
 */
final class TaskFolder {
  static final String DATA = "data";
  static final String REPORTS = "reports";

  private static final long MAX_ROW_GROUP_BYTES = 64L << 20;
  private static final long MIN_ROW_GROUP_BYTES = 1L << 20;

  private final Path work;
  private final Configuration conf;
  private final long rowGroupBytes;
  private final String topic;
  private final String fileName;

  /**
   * A folder.
   *
   * @param work the attempt's own
   * @param fileName what all files of the attempt are named; unique among all runs
   */
  TaskFolder(Path work, Configuration conf, String topic, String fileName) {
    this.work = work;
    this.conf = conf;
    this.rowGroupBytes = rowGroupBytes(LambdaConfig.of(conf));
    this.topic = topic;
    this.fileName = fileName;
  }

  /**
   * So that the open row groups of all files take about four times the archive's memory at most.
   */
  private static long rowGroupBytes(LambdaConfig config) {
    long share = 4 * config.archive().memoryBytes() / (config.archive().openDates() + 1);
    return Math.max(MIN_ROW_GROUP_BYTES, Math.min(MAX_ROW_GROUP_BYTES, share));
  }

  /** Path of an event file, relative to the master folder. */
  String eventFile(Optional<LocalDate> date) {
    return "%s/event_date=%s/%s"
        .formatted(topic, date.map(LocalDate::toString).orElse("mixed"), fileName);
  }

  /** Path of the dead letter file, relative to the master folder. */
  String deadLetterFile() {
    return topic + "/_dead_letters/" + fileName;
  }

  /** A new file at this path below {@link #DATA}. */
  MasterFileWriter writer(String path, Schema schema) throws IOException {
    return MasterFileWriter.create(
        conf, new Path(new Path(work, DATA), path), schema, rowGroupBytes);
  }

  Path report(OffsetRange range) {
    return new Path(new Path(work, REPORTS), range + ".json");
  }
}
