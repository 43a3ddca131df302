package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.Manifest;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
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

/** The files that manifests list, up to a given one; never what lies in the folders besides. */
final class MasterInputFormat extends InputFormat<NullWritable, RowGroup> {
  MasterInputFormat() {}

  @Override
  public List<InputSplit> getSplits(JobContext context) throws IOException {
    RecomputeSettings settings = RecomputeSettings.readFrom(context.getConfiguration());
    LambdaConfig config = LambdaConfig.of(context.getConfiguration());
    List<Manifest> manifests = new ArrayList<>();
    for (StoredManifest stored :
        MasterDataset.open(config.hadoop(), config.master(), settings.topic()).manifests()) {
      if (stored.manifest().sequence() <= settings.sequence()) {
        manifests.add(stored.manifest());
      }
      if (stored.manifest().sequence() == settings.sequence()
          && !stored.digest().equals(settings.digest())) {
        throw new IOException("Manifest " + settings.sequence() + " was changed meanwhile");
      }
    }
    List<InputSplit> splits = new ArrayList<>();
    long taskBytes =
        config.hadoop().getLong(RecomputeSettings.TASK_BYTES, FileParts.taskBytes(manifests));
    FileParts.ofTasks(manifests, taskBytes).forEach(parts -> splits.add(new MasterSplit(parts)));
    return splits;
  }

  @Override
  public RecordReader<NullWritable, RowGroup> createRecordReader(
      InputSplit split, TaskAttemptContext context) {
    return new MasterRecordReader();
  }
}
