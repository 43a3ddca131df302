package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/** The row groups of one split, file after file. */
final class MasterRecordReader extends RecordReader<NullWritable, RowGroup> {
  private MasterFiles files;
  private TaskAttemptContext context;
  private Iterator<FilePart> parts;
  private long lengthBytes;
  private long doneBytes;
  private MasterFile file;
  private RowGroup current;

  @Override
  public void initialize(InputSplit split, TaskAttemptContext task) throws IOException {
    context = task;
    Pass pass = Pass.of(task.getConfiguration());
    files =
        MasterFiles.of(
            LambdaConfig.of(task.getConfiguration()),
            SchemaStore.fromJson(pass.plan().schemaStore()),
            pass.plan().eventTimeMin(),
            pass.projection(),
            pass.plan().times());
    parts = ((MasterSplit) split).parts().iterator();
    lengthBytes = ((MasterSplit) split).getLength();
  }

  @Override
  public boolean nextKeyValue() throws IOException {
    while (true) {
      if (file != null) {
        Optional<RowGroup> next = file.next();
        if (next.isPresent()) {
          current = next.get();
          return true;
        }
        // Skipping is a way of reading: all rows of a file have to be accounted for.
        context.getCounter(RecomputeCounter.ROWS).increment(file.skippedRows());
        file.close();
        file = null;
      }

      if (!parts.hasNext()) {
        return false;
      }

      FilePart part = parts.next();
      file = files.open(part);
      doneBytes += part.lengthBytes();
    }
  }

  @Override
  public NullWritable getCurrentKey() {
    return NullWritable.get();
  }

  @Override
  public RowGroup getCurrentValue() {
    return current;
  }

  @Override
  public float getProgress() {
    return lengthBytes == 0 ? 0 : Math.min(1, doneBytes / (float) lengthBytes);
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
