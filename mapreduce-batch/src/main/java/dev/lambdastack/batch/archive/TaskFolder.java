package dev.lambdastack.batch.archive;

import dev.lambdastack.serving.config.LambdaConfig;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;

/**
 * Where one task attempt puts its files; the framework keeps or drops all of it. Below {@link
 * #DATA} they lie as they will in the master folder.
 */
final class TaskFolder {
  static final String DATA = "data";
  static final String REPORTS = "reports";

  private static final long MAX_ROW_GROUP_BYTES = 64L << 20;
  private static final long MIN_ROW_GROUP_BYTES = 1L << 20;
  private static final int PAGE_BYTES = 256 << 10;

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
    long share = 4 * config.archiveMemoryBytes() / (config.archiveOpenDates() + 1);
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

  DigestingOutputFile file(String path) throws IOException {
    return new DigestingOutputFile(
        HadoopOutputFile.fromPath(new Path(new Path(work, DATA), path), conf));
  }

  Path report(OffsetRange range) {
    return new Path(new Path(work, REPORTS), range + ".json");
  }

  /** A writer of records with Avro's generic types, decimals as bytes. */
  ParquetWriter<GenericRecord> writer(DigestingOutputFile file, Schema schema) throws IOException {
    return AvroParquetWriter.<GenericRecord>builder(file)
        .withSchema(schema)
        .withDataModel(GenericData.get())
        .withConf(conf)
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(rowGroupBytes)
        .withPageSize(PAGE_BYTES)
        .build();
  }
}
