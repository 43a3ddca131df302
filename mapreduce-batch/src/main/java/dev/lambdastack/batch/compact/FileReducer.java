package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Reducer;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;

/**
 * Rows, in their order, to files: each of one date and about the target's size. A report names
 * them; they are of no table before.
 */
final class FileReducer extends Reducer<BytesWritable, BytesWritable, NullWritable, NullWritable> {
  /** Below the task's output. */
  static final String REPORTS = "reports";

  private CompactionSettings settings;
  private Configuration conf;
  private Path work;
  private String name;
  private Rows encoded;
  private final ArrayNode finished = JsonNodeFactory.instance.arrayNode();
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
            "%d.%d",
            context.getTaskAttemptID().getTaskID().getId(),
            context.getTaskAttemptID().getId());
    encoded = new Rows(settings.columns());
  }

  @Override
  protected void reduce(BytesWritable key, Iterable<BytesWritable> values, Context context)
      throws IOException {
    LocalDate date = RowOrder.date(key);
    for (BytesWritable value : values) {
      if (file != null && (!file.date().equals(date) || file.isFull())) {
        finish();
      }

      if (file == null) {
        String path =
            String.format(Locale.ROOT, "%s-compacted-%s-%d.parquet", date, name, finished.size());
        file = new CompactedFile(conf, settings, path, date);
      }
      file.write(encoded.decode(value));
    }
  }

  private void finish() throws IOException {
    finished.add(settings.layout().toJson(file.finish()));
    file = null;
  }

  @Override
  protected void cleanup(Context context) throws IOException {
    if (file != null) {
      finish();
    }
    Path path =
        new Path(new Path(work, REPORTS), context.getTaskAttemptID().getTaskID().getId() + ".json");
    try (OutputStream out = path.getFileSystem(conf).create(path, false)) {
      out.write(finished.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
