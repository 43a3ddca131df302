package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.Mapper;
import org.apache.hadoop.mapreduce.Reducer;
import org.apache.hadoop.mapreduce.lib.input.FileInputFormat;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.junit.jupiter.api.Test;

final class EmbeddedYarnIT {
  @Test
  void aJobRunsInProcessesOfItsOwn() throws Exception {
    try (EmbeddedHdfs hdfs = Stopwatch.timed("HDFS", EmbeddedHdfs::start);
        EmbeddedYarn yarn = Stopwatch.timed("YARN", () -> EmbeddedYarn.start(hdfs));
        FileSystem fs = hdfs.fileSystem()) {
      try (FSDataOutputStream out = fs.create(new Path("/in/lines"))) {
        out.write("b\na\nb\n".getBytes(StandardCharsets.UTF_8));
      }
      Job job = Job.getInstance(yarn.configuration(), "count");
      job.setJarByClass(EmbeddedYarnIT.class);
      job.setMapperClass(Lines.class);
      job.setReducerClass(Count.class);
      job.setMapOutputKeyClass(Text.class);
      job.setMapOutputValueClass(NullWritable.class);
      job.setOutputKeyClass(Text.class);
      job.setOutputValueClass(LongWritable.class);
      FileInputFormat.addInputPath(job, new Path("/in"));
      FileOutputFormat.setOutputPath(job, new Path("/out"));

      boolean succeeded = Stopwatch.timed("a job", () -> job.waitForCompletion(false));

      assertThat(succeeded).as(job.getStatus().getFailureInfo()).isTrue();
      try (var in = fs.open(new Path("/out/part-r-00000"))) {
        String pid = Long.toString(ProcessHandle.current().pid());
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
            .hasSize(2)
            .anyMatch(line -> line.startsWith("a\t1"))
            .anyMatch(line -> line.startsWith("b\t2"));
        assertThat(job.getCounters().findCounter("process", pid).getValue()).isZero();
        assertThat(job.getCounters().getGroup("process").size()).isPositive();
      }
    }
  }

  /** Each line as a key. */
  static final class Lines extends Mapper<LongWritable, Text, Text, NullWritable> {
    @Override
    protected void map(LongWritable offset, Text line, Context context)
        throws IOException, InterruptedException {
      context.write(line, NullWritable.get());
    }
  }

  /** The number of occurrences, and a counter named after the process that counted. */
  static final class Count extends Reducer<Text, NullWritable, Text, LongWritable> {
    @Override
    protected void reduce(Text line, Iterable<NullWritable> occurrences, Context context)
        throws IOException, InterruptedException {
      long count = 0;
      for (NullWritable ignored : occurrences) {
        count++;
      }
      context.getCounter("process", Long.toString(ProcessHandle.current().pid())).increment(1);
      context.write(line, new LongWritable(count));
    }
  }
}
