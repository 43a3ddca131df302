package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.ColumnBatch;
import java.io.DataInput;
import java.io.DataOutput;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/**
 * The job of a recompute over events that each have a key of their own, made up as they are read:
 * mapper, combiner, shuffle, reducers and HFiles in this process. Prints how many cells it wrote
 * and how often the mapper's memory was full.
 *
 * <pre>ManyKeys keys megabytes</pre>
 */
final class ManyKeys {
  private ManyKeys() {}

  public static void main(String[] args) throws Exception {
    long keys = Long.parseLong(args[0]);
    java.nio.file.Path folder = Files.createTempDirectory("many-keys");
    Configuration conf = new Configuration();
    conf.set("fs.defaultFS", "file:///");
    conf.set("hadoop.tmp.dir", folder.resolve("tmp").toString());
    conf.set("lambda.recompute.memory", args[1]);
    conf.setLong("many-keys", keys);
    View view =
        View.named("many_keys")
            .over(Sale.type("sales", Sale.V1))
            .keyedBy("user")
            .window(Duration.ofHours(1))
            .metric("events", Metric.count())
            .metric("quantity", Metric.sum("quantity"))
            .build();
    List<byte[]> starts = List.of(new byte[0], new byte[] {8});
    Pass pass =
        new Pass(
            new PassPlan(
                "run",
                "sales",
                Sale.SCHEMAS.toJson(),
                Instant.EPOCH,
                1,
                Optional.empty(),
                List.of(
                    new PassPlan.ViewPlan(
                        view.name(), view.fingerprint(), starts, Optional.empty()))),
            List.of(view),
            List.of());
    Path output = new Path(folder.resolve("output").toUri());
    Job job = pass.job(LambdaConfig.of(conf).hadoop(), output);
    job.setInputFormatClass(Generated.class);
    try (Pass.Running running =
        pass.announce(job.getConfiguration(), new Path(folder.resolve("plan").toUri()))) {
      Jobs.run(job);
    }
    System.out.printf(
        "rows %d cells %d spills %d heap %d MB%n",
        job.getCounters().findCounter(RecomputeCounter.ROWS).getValue(),
        job.getCounters().findCounter(RecomputeCounter.CELLS, view.name()).getValue(),
        job.getCounters().findCounter(RecomputeCounter.SPILLS).getValue(),
        Runtime.getRuntime().maxMemory() >> 20);
    FileUtil.fullyDelete(folder.toFile());
  }

  /** One task of all keys. */
  static final class Generated extends InputFormat<NullWritable, RowGroup> {
    Generated() {}

    @Override
    public List<InputSplit> getSplits(JobContext context) {
      return List.of(new Whole());
    }

    @Override
    public RecordReader<NullWritable, RowGroup> createRecordReader(
        InputSplit split, TaskAttemptContext context) {
      return new Reader(context.getConfiguration().getLong("many-keys", 0));
    }
  }

  /** A split that says nothing. */
  static final class Whole extends InputSplit implements Writable {
    Whole() {}

    @Override
    public long getLength() {
      return 1;
    }

    @Override
    public String[] getLocations() {
      return new String[0];
    }

    @Override
    public void write(DataOutput out) {}

    @Override
    public void readFields(DataInput in) {}
  }

  private static final class Reader extends RecordReader<NullWritable, RowGroup>
      implements RowGroup {
    private final long keys;
    private long done;
    private boolean begun;

    Reader(long keys) {
      this.keys = keys;
    }

    @Override
    public boolean next(ColumnBatch batch) {
      int rows = (int) Math.min(ColumnBatch.CAPACITY, keys - done);
      batch.resize(rows);
      batch.column(0).useOwnTexts();
      for (int row = 0; row < rows; row++) {
        byte[] user = ("user-" + (done + row)).getBytes(StandardCharsets.US_ASCII);
        batch.column(0).setText(row, user);
        batch.column(1).longs()[row] = row;
        batch.eventTimes()[row] = 0;
      }
      done += rows;
      return rows > 0;
    }

    @Override
    public void initialize(InputSplit split, TaskAttemptContext context) {}

    @Override
    public boolean nextKeyValue() {
      boolean first = !begun;
      begun = true;
      return first;
    }

    @Override
    public NullWritable getCurrentKey() {
      return NullWritable.get();
    }

    @Override
    public RowGroup getCurrentValue() {
      return this;
    }

    @Override
    public float getProgress() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
