package dev.lambdastack.batch.job;

import dev.lambdastack.views.ViewProvider;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.mapreduce.TableMapReduceUtil;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskCompletionEvent;

/** How every job of ours is set up and run. */
public final class Jobs {
  private static final String FRAMEWORK = "mapreduce.framework.name";

  /** One class of each jar that tasks need beside Hadoop's own. */
  private static final List<String> SHIPPED =
      List.of(
          "dev.lambdastack.batch.job.Jobs",
          "dev.lambdastack.log.TopicLog",
          "dev.lambdastack.schemas.EventDecoder",
          "dev.lambdastack.settings.LambdaConfig",
          "dev.lambdastack.views.View",
          "org.apache.avro.Schema",
          "com.fasterxml.jackson.annotation.JsonIgnore",
          "com.fasterxml.jackson.core.JsonParser",
          "com.fasterxml.jackson.databind.ObjectMapper",
          "org.apache.datasketches.hash.MurmurHash3",
          "org.apache.datasketches.memory.Memory",
          "org.apache.kafka.clients.consumer.KafkaConsumer",
          "com.github.luben.zstd.Zstd",
          "net.jpountz.lz4.LZ4Factory",
          "org.xerial.snappy.Snappy",
          "org.apache.iceberg.Schema",
          "org.apache.iceberg.common.DynMethods",
          "org.apache.iceberg.BaseTable",
          "org.apache.iceberg.parquet.Parquet",
          "org.apache.iceberg.relocated.com.google.common.collect.Lists",
          "com.github.benmanes.caffeine.cache.Cache",
          "org.apache.parquet.avro.AvroParquetWriter",
          "org.apache.parquet.column.ColumnReader",
          "org.apache.parquet.Preconditions",
          "org.apache.parquet.bytes.BytesInput",
          "org.apache.parquet.column.values.bitpacking.BytePacker",
          "org.apache.parquet.format.FileMetaData",
          "org.apache.parquet.variant.Variant",
          "org.locationtech.jts.geom.Geometry",
          "shaded.parquet.com.fasterxml.jackson.databind.ObjectMapper",
          "org.apache.parquet.hadoop.ParquetFileReader",
          "org.apache.commons.lang3.StringUtils",
          "org.slf4j.Logger");

  private static final String HOST =
      "-Duser.language=en -Duser.country=US -Duser.timezone=UTC -Dfile.encoding=UTF-8";

  private static final int MOST_EVENTS = 1_000;

  private Jobs() {}

  /**
   * A job with a configuration of its own. Where it runs as the configuration says ({@code
   * mapreduce.framework.name}); on a cluster our jars, those of the views and those of their
   * schemas travel with it.
   */
  public static Job create(Configuration conf, String name) throws IOException {
    Configuration copy = new Configuration(conf);

    // Two attempts of one task at once would read and write everything twice.
    copy.setBoolean("mapreduce.map.speculative", false);
    copy.setBoolean("mapreduce.reduce.speculative", false);

    copy.setInt("mapreduce.fileoutputcommitter.algorithm.version", 1);
    copy.setBoolean("mapreduce.fileoutputcommitter.marksuccessfuljobs", false);
    copy.setInt("mapreduce.client.completion.pollinterval", 50);
    copy.setInt("mapreduce.client.progressmonitor.pollinterval", 50);

    if (isLocal(copy)) {
      int parallel = Math.min(4, Runtime.getRuntime().availableProcessors());
      setIfUnset(copy, "mapreduce.local.map.tasks.maximum", parallel);
      setIfUnset(copy, "mapreduce.local.reduce.tasks.maximum", parallel);
      // All tasks share one heap.
      copy.setInt(
          "mapreduce.task.io.sort.mb", Math.min(32, copy.getInt("mapreduce.task.io.sort.mb", 100)));
    } else {
      copy.setBoolean("mapreduce.job.user.classpath.first", true);
      onTheSameHost(copy);
    }

    Job job = Job.getInstance(copy, name);
    if (!isLocal(copy)) {
      ship(job);
    }

    return job;
  }

  public static boolean isLocal(Configuration conf) {
    return conf.get(FRAMEWORK, "local").equals("local");
  }

  private static void setIfUnset(Configuration conf, String key, int value) {
    if (conf.get(key) == null) {
      conf.setInt(key, value);
    }
  }

  /**
   * Tasks go by one locale, zone and charset, whatever their node's are: Hadoop names the files of
   * a task by the digits of its locale, and does not find them by others.
   */
  private static void onTheSameHost(Configuration conf) {
    String forAllTasks = conf.get("mapred.child.java.opts", "");
    append(conf, "mapreduce.map.java.opts", forAllTasks);
    append(conf, "mapreduce.reduce.java.opts", forAllTasks);
    append(conf, "yarn.app.mapreduce.am.command-opts", "-Xmx1024m");
  }

  private static void append(Configuration conf, String key, String otherwise) {
    conf.set(key, (conf.get(key, otherwise) + " " + HOST).strip());
  }

  private static void ship(Job job) throws IOException {
    job.setJarByClass(Jobs.class);
    ClassLoader loader = job.getConfiguration().getClassLoader();

    List<Class<?>> classes = new ArrayList<>();
    for (String name : SHIPPED) {
      try {
        classes.add(Class.forName(name, false, loader));
      } catch (ClassNotFoundException e) {
        throw new IOException("The class path lacks " + name + ", which tasks need", e);
      }
    }

    ServiceLoader.load(ViewProvider.class, loader).stream()
        .map(ServiceLoader.Provider::type)
        .forEach(classes::add);

    TableMapReduceUtil.addHBaseDependencyJars(job.getConfiguration());
    TableMapReduceUtil.addDependencyJarsForClasses(
        job.getConfiguration(), classes.toArray(Class<?>[]::new));
  }

  /**
   * Runs the job to its end.
   *
   * @throws IOException when it fails, with what the framework says of it
   */
  public static void run(Job job) throws IOException, InterruptedException {
    try {
      if (!job.waitForCompletion(false)) {
        String why = job.getStatus().getFailureInfo();
        throw new IOException(
            "Job %s (%s) failed%s%s"
                .formatted(
                    job.getJobID(),
                    job.getJobName(),
                    why == null || why.equals("NA") ? "" : ": " + why,
                    ofTheFirstFailedTask(job)));
      }
    } catch (ClassNotFoundException e) {
      throw new IOException("Cannot run job " + job.getJobName(), e);
    } catch (InterruptedException e) {
      job.killJob();
      throw e;
    }
  }

  /** What a task of a cluster says of its failure; the framework's own words only name the task. */
  private static String ofTheFirstFailedTask(Job job) throws IOException, InterruptedException {
    for (TaskCompletionEvent event : job.getTaskCompletionEvents(0, MOST_EVENTS)) {
      if (event.getStatus() == TaskCompletionEvent.Status.FAILED) {
        return Stream.of(job.getTaskDiagnostics(event.getTaskAttemptId()))
            .flatMap(String::lines)
            .findFirst()
            .map(line -> "; " + line)
            .orElse("");
      }
    }
    return "";
  }
}
