package dev.lambdastack.batch.job;

import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.RecordWriter;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;

/**
 * Writes nothing by itself: tasks put their files into the attempt's folder, which Hadoop's
 * committer moves to the job's when the attempt is committed, and drops otherwise.
 */
public final class TaskOutputFormat extends FileOutputFormat<NullWritable, NullWritable> {
  public TaskOutputFormat() {}

  @Override
  public RecordWriter<NullWritable, NullWritable> getRecordWriter(TaskAttemptContext context) {
    return new RecordWriter<>() {
      @Override
      public void write(NullWritable key, NullWritable value) {}

      @Override
      public void close(TaskAttemptContext attempt) {}
    };
  }
}
