package dev.lambdastack.batch.recompute;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/** The files of a pass; never what lies in the folders besides. */
final class MasterInputFormat extends InputFormat<NullWritable, RowGroup> {
  MasterInputFormat() {}

  @Override
  public List<InputSplit> getSplits(JobContext context) throws IOException {
    return Pass.of(context.getConfiguration()).tasks().stream()
        .map(parts -> (InputSplit) new MasterSplit(parts))
        .toList();
  }

  @Override
  public RecordReader<NullWritable, RowGroup> createRecordReader(
      InputSplit split, TaskAttemptContext context) {
    return new MasterRecordReader();
  }
}
