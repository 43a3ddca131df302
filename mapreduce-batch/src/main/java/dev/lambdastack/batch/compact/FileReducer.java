package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.ManifestJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Reducer;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;

/**
 * Rows, in their order, to files: each of one date and about the target's size. A report names
 * them.
 */
final class FileReducer extends Reducer<BytesWritable, BytesWritable, NullWritable, NullWritable> {
  /** Below the task's output; below them files lie as they will in the master folder. */
  static final String DATA = "data";

  static final String REPORTS = "reports";

  private CompactionSettings settings;
  private Configuration conf;
  private Path work;
  private String name;
  private GenericDatumReader<GenericRecord> rows;
  private BinaryDecoder decoder;
  private final List<DataFile> finished = new ArrayList<>();
  private CompactedFile file;

  FileReducer() {}

  @Override
  protected void setup(Context context) throws IOException {
    conf = context.getConfiguration();
    settings = CompactionSettings.readFrom(conf);
    work = ((FileOutputCommitter) context.getOutputCommitter()).getWorkPath();
    name =
        String.format(
            Locale.ROOT,
            "%s-%d.%d",
            settings.runId(),
            context.getTaskAttemptID().getTaskID().getId(),
            context.getTaskAttemptID().getId());
    rows = new GenericDatumReader<>(settings.schema());
  }

  @Override
  protected void reduce(BytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException {
    long eventTime = RowOrder.eventTime(key);
    LocalDate date = CompactionPlan.dateOf(eventTime);

    for (BytesWritable value : values) {
      if (file != null && (!file.date().equals(date) || file.isFull())) {
        finished.add(file.finish());
        file = null;
      }

      if (file == null) {
        String path =
            String.format(
                Locale.ROOT,
                "%s/event_date=%s/compacted-%s-%d.parquet",
                settings.topic(),
                date,
                name,
                finished.size());
        file =
            new CompactedFile(
                conf, new Path(work, DATA), path, date, settings.schema(), settings.targetBytes());
      }

      decoder = DecoderFactory.get().binaryDecoder(value.getBytes(), 0, value.getLength(), decoder);
      file.write(rows.read(null, decoder), eventTime);
    }
  }

  @Override
  protected void cleanup(Context context) throws IOException {
    if (file != null) {
      finished.add(file.finish());
      file = null;
    }
    ArrayNode report = JsonNodeFactory.instance.arrayNode();
    finished.forEach(f -> report.add(ManifestJson.fileJson(f)));
    Path path =
        new Path(new Path(work, REPORTS), context.getTaskAttemptID().getTaskID().getId() + ".json");
    try (OutputStream out = path.getFileSystem(conf).create(path, false)) {
      out.write(report.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
