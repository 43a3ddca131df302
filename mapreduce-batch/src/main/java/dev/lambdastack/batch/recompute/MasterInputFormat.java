package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.serving.config.LambdaConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/** The files of the dataset as of a given manifest; never what lies in the folders besides. */
final class MasterInputFormat extends InputFormat<NullWritable, RowGroup> {
  MasterInputFormat() {}

  @Override
  public List<InputSplit> getSplits(JobContext context) throws IOException {
    RecomputeSettings settings = RecomputeSettings.readFrom(context.getConfiguration());
    LambdaConfig config = LambdaConfig.of(context.getConfiguration());
    List<LiveFile> files =
        MasterDataset.open(config.hadoop(), config.master(), settings.topic())
            .contents(settings.sequence(), settings.digest())
            .files();
    List<InputSplit> splits = new ArrayList<>();
    long taskBytes =
        config.hadoop().getLong(RecomputeSettings.TASK_BYTES, FileParts.taskBytes(files));
    FileParts.ofTasks(files, taskBytes).forEach(parts -> splits.add(new MasterSplit(parts)));
    return splits;
  }

  @Override
  public RecordReader<NullWritable, RowGroup> createRecordReader(
      InputSplit split, TaskAttemptContext context) {
    return new MasterRecordReader();
  }
}
