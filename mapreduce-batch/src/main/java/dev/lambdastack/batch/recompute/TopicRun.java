package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Horizon;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Origin;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.hbase.mapreduce.TableMapReduceUtil;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Counters;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.apache.hadoop.security.UserGroupInformation;

/** One pass over a topic's files, which makes a version of each of some views. */
final class TopicRun implements AutoCloseable {
  private final LambdaConfig config;
  private final SchemaStore schemas;
  private final Clock clock;
  private final List<View> views;
  private final MasterDataset dataset;
  private final Lease lease;
  private final Contents contents;
  private final List<LiveFile> files;

  private TopicRun(
      LambdaConfig config,
      SchemaStore schemas,
      Clock clock,
      List<View> views,
      MasterDataset dataset,
      Lease lease,
      Contents contents) {
    this.config = config;
    this.schemas = schemas;
    this.clock = clock;
    this.views = views;
    this.dataset = dataset;
    this.lease = lease;
    this.contents = contents;
    this.files = contents.files();
  }

  /**
   * Freezes the list of files: none of them goes until the run is closed.
   *
   * @param views of one topic and one schema
   * @throws InvalidInputException when nothing is archived
   */
  static TopicRun open(LambdaConfig config, SchemaStore schemas, Clock clock, List<View> views)
      throws IOException {
    View first = views.get(0);
    String topic = first.eventType().topic();
    MasterDataset dataset = MasterDataset.open(config.hadoop(), config.master(), topic);
    if (dataset.sequences().isEmpty()) {
      throw new InvalidInputException(
          "Cannot recompute view %s: nothing of topic %s is archived in %s; run lambda archive %s first"
              .formatted(first.name(), topic, dataset.root(), topic));
    }
    Lease lease = Lease.take(dataset, RunId.next(clock), clock, config.lease());
    try {
      return new TopicRun(
          config, schemas, clock, views, dataset, lease, dataset.contents().orElseThrow());
    } catch (IOException | RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  @Override
  public void close() {
    lease.close();
  }

  /** Makes the versions and enters them in the catalog. */
  List<Version> run(Connection connection, PublishedStore store)
      throws IOException, InterruptedException {
    String runId = RunId.next(clock);
    Path staging = Staging.folder(config, dataset.fileSystem(), "recompute-" + runId);
    List<VersionTable> tables = new ArrayList<>();
    List<Version> versions;
    try {
      List<byte[][]> splits = splits();
      for (int i = 0; i < views.size(); i++) {
        tables.add(VersionTable.create(connection, store, views.get(i).name(), splits.get(i)));
      }
      versions = fill(tables, runId, staging);
      dataset.fileSystem().delete(staging, true);
    } catch (Exception e) {
      tables.forEach(t -> t.dropAfter(e));
      Staging.removeAfter(e, dataset.fileSystem(), staging);
      throw e;
    }
    enter(store, versions, tables);
    return versions;
  }

  private static void enter(PublishedStore store, List<Version> versions, List<VersionTable> tables)
      throws IOException {
    for (int i = 0; i < versions.size(); i++) {
      try {
        store.addVersion(versions.get(i));
      } catch (IOException | RuntimeException e) {
        // It may have happened all the same: then its table must stay.
        tables.subList(i + 1, tables.size()).forEach(t -> t.dropAfter(e));
        throw e;
      }
    }
  }

  private List<byte[][]> splits() throws IOException, InterruptedException {
    Projection projection = Projection.of(views, false);
    return RegionSplits.sample(
        MasterFiles.of(config, schemas, projection, Optional.empty()),
        files,
        views,
        projection,
        config.regions());
  }

  private List<Version> fill(List<VersionTable> tables, String runId, Path staging)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    Horizon horizon = contents.horizon();
    Duration epochLength = contents.archived().epochLength();
    long events = contents.events();
    long timestamp = Cell.batchTimestamp(horizon.epoch(), epochLength);
    List<PassPlan.ViewPlan> plans = new ArrayList<>();
    for (int i = 0; i < views.size(); i++) {
      View view = views.get(i);
      plans.add(
          new PassPlan.ViewPlan(
              view.name(), view.fingerprint(), tables.get(i).regionStarts(), Optional.empty()));
    }
    Pass pass =
        new Pass(
            new PassPlan(
                runId, dataset.topic(), schemas.toJson(), timestamp, Optional.empty(), plans),
            views,
            FileParts.ofTasks(
                files, config.hadoop().getLong(Pass.TASK_BYTES, FileParts.taskBytes(files))));
    Configuration conf = HBaseConfiguration.create(config.hadoop());
    Path output = new Path(staging, "hfiles");
    Counters counters = events == 0 ? new Counters() : compute(pass, conf, staging, output, events);
    List<Version> versions = new ArrayList<>();
    for (int i = 0; i < views.size(); i++) {
      View view = views.get(i);
      VersionTable table = tables.get(i);
      long cells = counters.findCounter(RecomputeCounter.CELLS, view.name()).getValue();
      table.load(conf, RegionFiles.folder(output, view.name()), timestamp, cells);
      List<RuleResult> rules = shares(view, counters);
      rules.addAll(RowRules.judge(view, table.connection(), table.name()));
      Origin origin =
          new Origin(
              UserGroupInformation.getCurrentUser().getShortUserName(),
              Duration.ofNanos(System.nanoTime() - started),
              rules);
      versions.add(
          new Version(
              table.number(),
              table.name().getNameAsString(),
              view.fingerprint(),
              view.shape(),
              horizon,
              epochLength,
              contents.sequence(),
              contents.digest(),
              cells,
              events,
              contents.lost(),
              clock.instant(),
              Optional.of(origin)));
    }
    return versions;
  }

  /**
   * What the rules about events found, as the tasks have counted. Rows that an older version holds
   * are marked and not counted: what begins as a copy of one adds to what that one found ({@link
   * dev.lambdastack.views.Rule.Share#result(RuleResult, long, long)}), and cannot begin as a
   * version of a time when the rule was not declared.
   */
  private static List<RuleResult> shares(View view, Counters counters) {
    long counted = counters.findCounter(RecomputeCounter.COUNTED, view.name()).getValue();
    List<RuleResult> results = new ArrayList<>();
    for (int i = 0; i < view.shares().size(); i++) {
      long meeting =
          counters
              .findCounter(RecomputeCounter.meeting(view.name()), RecomputeCounter.ofShare(i))
              .getValue();
      results.add(view.shares().get(i).result(counted, meeting));
    }
    return results;
  }

  /** Runs the job; its counters. */
  private Counters compute(Pass pass, Configuration conf, Path staging, Path output, long rows)
      throws IOException, InterruptedException {
    Job job = Jobs.create(conf, "recompute " + String.join(", ", names()));
    job.setInputFormatClass(MasterInputFormat.class);
    job.setMapperClass(AggregatingMapper.class);
    job.setMapOutputKeyClass(ImmutableBytesWritable.class);
    job.setMapOutputValueClass(BytesWritable.class);
    job.setCombinerClass(MergingCombiner.class);
    job.setPartitionerClass(RegionPartitioner.class);
    job.setReducerClass(CellReducer.class);
    job.setNumReduceTasks(pass.plan().reducers());
    job.setOutputKeyClass(NullWritable.class);
    job.setOutputValueClass(KeyValue.class);
    job.setOutputFormatClass(RegionFiles.class);
    FileOutputFormat.setOutputPath(job, output);
    TableMapReduceUtil.initCredentials(job);
    try (Pass.Running running =
        pass.announce(job.getConfiguration(), new Path(staging, "plan.json"))) {
      Jobs.run(job);
    }
    long read = job.getCounters().findCounter(RecomputeCounter.ROWS).getValue();
    if (read != rows) {
      throw new IOException(
          "Views %s were computed from %d rows, where the manifests list %d"
              .formatted(names(), read, rows));
    }
    return job.getCounters();
  }

  private List<String> names() {
    return views.stream().map(View::name).toList();
  }
}
