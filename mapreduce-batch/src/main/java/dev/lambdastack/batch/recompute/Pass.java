package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.settings.JobKeys;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.hbase.mapreduce.TableMapReduceUtil;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;

/**
 * A pass as its job and tasks see it: the plan, and the views that it names. Views do not fit into
 * a configuration: tasks load them by name, and see by their fingerprints that they are the same.
 * Tasks in this JVM are handed all of it.
 *
 * @param tasks the parts of files that each map task reads; only the job's own process knows them
 */
record Pass(PassPlan plan, List<View> views, List<List<FilePart>> tasks) {
  private static final String RUN = JobKeys.PREFIX + "recompute.run";
  private static final String PLAN = JobKeys.PREFIX + "recompute.plan";

  /** About how many bytes of files a task reads; unset: what {@link FileParts} finds right. */
  static final String TASK_BYTES = JobKeys.PREFIX + "recompute.task-bytes";

  private static final Map<String, Pass> RUNNING_HERE = new ConcurrentHashMap<>();

  /** A pass under way in this process; closed when its job has ended. */
  interface Running extends AutoCloseable {
    @Override
    void close();
  }

  /** Writes the plan where tasks find it, and hands the pass to those of this JVM. */
  Running announce(Configuration conf, Path file) throws IOException {
    try (OutputStream out = file.getFileSystem(conf).create(file, true)) {
      out.write(plan.toJson());
    }
    conf.set(RUN, plan.runId());
    conf.set(PLAN, file.toString());
    RUNNING_HERE.put(plan.runId(), this);
    return () -> RUNNING_HERE.remove(plan.runId());
  }

  /**
   * The pass that a task belongs to.
   *
   * @throws IllegalStateException when the task's class path declares a view differently
   */
  static Pass of(Configuration conf) throws IOException {
    Pass here = RUNNING_HERE.get(conf.get(RUN));
    if (here != null) {
      return here;
    }

    Path file = new Path(conf.get(PLAN));
    try (FSDataInputStream in = file.getFileSystem(conf).open(file)) {
      PassPlan plan = PassPlan.fromJson(in.readAllBytes());
      Views all = Views.load(conf.getClassLoader());
      List<View> views = plan.views().stream().map(v -> same(all, v)).toList();
      Pass pass = new Pass(plan, views, List.of());
      // A task's mapper, combiner and partitioner ask; the process ends with the task.
      RUNNING_HERE.put(plan.runId(), pass);
      return pass;
    }
  }

  /** What the tasks of the pass that is announced here tell its command. */
  static TaskNotes notes(Configuration conf) throws IOException {
    return new TaskNotes(new Path(conf.get(PLAN)).getParent(), conf);
  }

  private static View same(Views all, PassPlan.ViewPlan plan) {
    View found = all.find(plan.name());
    if (!found.fingerprint().equals(plan.fingerprint())) {
      throw new IllegalStateException(
          "The class path of this task declares view %s differently from the command's (fingerprint expected %s, found %s)"
              .formatted(plan.name(), plan.fingerprint(), found.fingerprint()));
    }
    return found;
  }

  /** Its job, to be run once the pass is announced. */
  Job job(Configuration conf, Path output) throws IOException {
    List<String> names = views.stream().map(View::name).toList();
    Job job = Jobs.create(conf, "recompute " + String.join(", ", names));

    job.setInputFormatClass(MasterInputFormat.class);
    job.setMapperClass(AggregatingMapper.class);
    job.setMapOutputKeyClass(ImmutableBytesWritable.class);
    job.setMapOutputValueClass(BytesWritable.class);

    job.setCombinerClass(MergingCombiner.class);
    job.setPartitionerClass(RegionPartitioner.class);
    job.setReducerClass(CellReducer.class);
    job.setNumReduceTasks(plan.reducers());

    job.setOutputKeyClass(NullWritable.class);
    job.setOutputValueClass(KeyValue.class);
    job.setOutputFormatClass(RegionFiles.class);
    FileOutputFormat.setOutputPath(job, output);

    TableMapReduceUtil.initCredentials(job);
    return job;
  }

  /** The columns that the views read. */
  Projection projection() {
    return Projection.of(views, plan.needsCoordinates());
  }
}
