package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.job.TaskOutputFormat;
import dev.lambdastack.batch.master.CompactionManifest;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.ManifestJson;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.Views;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;

/**
 * Puts few large files, each of one event date and sorted by event time, in the place of many small
 * and of mixed ones. The rows stay the same, all columns included. Killed anywhere it has changed
 * nothing that a reader sees. The files that were replaced stay until {@link Sweep} removes them.
 *
 * <p>One call of {@link #run(String)} at a time; any number of processes may run at once. Of a
 * compaction and an archive run neither is in vain; of two compactions of the same files one is.
 */
public final class Compaction {
  /** The steps of a run, in order: between any two of them it may be killed. */
  enum Step {
    /** The files are chosen. */
    PLANNED,
    /** All tasks are committed; their files lie in the staging folder. */
    WRITTEN,
    /** The files lie in the master folders; no manifest lists them. */
    MOVED,
    /** The manifest is there. */
    COMMITTED
  }

  /** What a test does between two steps. */
  @FunctionalInterface
  interface Steps {
    void reached(Step step) throws IOException;
  }

  private static final long SPLIT_BYTES = 64L << 20;
  private static final int MOST_REDUCERS = 64;

  private final LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;
  private final Steps steps;

  public Compaction(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this(config, views, schemas, clock, step -> {});
  }

  Compaction(LambdaConfig config, Views views, SchemaStore schemas, Clock clock, Steps steps) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
    this.steps = steps;
  }

  /** What {@link #run(String)} would rewrite now; writes nothing. */
  public CompactionResult plan(String topic) throws IOException {
    long started = System.nanoTime();
    EventType type = views.eventType(topic);
    return result(topic, plans(contents(dataset(topic), type)), List.of(), List.of(), started);
  }

  /**
   * Rewrites what is worth it; where nothing is, changes nothing.
   *
   * @throws InvalidInputException when no view reads the topic, nothing is archived, or a file is
   *     not as it was written: what is damaged is not copied
   * @throws LostRaceException when another compaction has replaced the same files meanwhile
   * @throws IOException when the job fails; nothing of its files' is committed then
   */
  public CompactionResult run(String topic) throws IOException, InterruptedException {
    long started = System.nanoTime();
    EventType type = views.eventType(topic);
    MasterDataset dataset = dataset(topic);
    List<CompactionPlan> plans = plans(contents(dataset, type));

    List<Long> sequences = new ArrayList<>();
    List<DataFile> written = new ArrayList<>();
    for (CompactionPlan plan : plans) {
      String runId = RunId.next(clock);
      Path staging = Staging.folder(config, dataset.fileSystem(), "compact-" + runId);
      steps.reached(Step.PLANNED);

      try {
        CompactionManifest committed = commit(type, dataset, plan, runId, staging);
        dataset.fileSystem().delete(staging, true);
        sequences.add(committed.sequence());
        written.addAll(committed.files());
      } catch (IOException e) {
        try {
          throw Staging.explained(e, dataset.fileSystem(), staging, dataset.resolve(topic));
        } finally {
          Staging.removeAfter(e, dataset.fileSystem(), staging);
        }
      } catch (Exception e) {
        Staging.removeAfter(e, dataset.fileSystem(), staging);
        throw e;
      }
    }

    return result(topic, plans, sequences, written, started);
  }

  private MasterDataset dataset(String topic) throws IOException {
    return MasterDataset.open(config.hadoop(), config.master().folder(), topic);
  }

  private Contents contents(MasterDataset dataset, EventType type) throws IOException {
    Contents contents =
        dataset
            .contents()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "Cannot compact topic %s: nothing of it is archived in %s; run lambda archive %s first"
                            .formatted(type.topic(), dataset.place(), type.topic())));
    SchemaEdits.checkArchived(schemas, type, contents.schemas());
    return contents;
  }

  private List<CompactionPlan> plans(Contents contents) {
    return CompactionPlan.of(contents, targetBytes());
  }

  private long targetBytes() {
    return config.hadoop().getLong(CompactionSettings.TARGET, config.compact().targetBytes());
  }

  private CompactionManifest commit(
      EventType type, MasterDataset dataset, CompactionPlan plan, String runId, Path staging)
      throws IOException, InterruptedException {
    List<DataFile> files = rewrite(type, dataset, plan, runId, staging);
    steps.reached(Step.WRITTEN);

    long rows = files.stream().mapToLong(DataFile::rows).sum();
    if (rows != plan.rows()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "The compaction of topic %s wrote %d rows, where its files have %d; nothing was changed",
              type.topic(),
              rows,
              plan.rows()));
    }

    Set<String> superseded = plan.inputs().stream().map(DataFile::path).collect(Collectors.toSet());
    Contents now = contents(dataset, type);
    CompactionManifest manifest =
        new CompactionManifest(
            now.sequence() + 1,
            type.topic(),
            Optional.of(now.digest()),
            runId,
            plan.schema(),
            files,
            plan.inputs().stream().map(DataFile::path).toList(),
            clock.instant());

    Path data = new Path(new Path(staging, "out"), FileReducer.DATA);
    for (DataFile file : files) {
      dataset.moveIn(new Path(data, file.path()), file.path());
    }
    steps.reached(Step.MOVED);

    Optional<StoredManifest> committed =
        holds(now, superseded)
            ? dataset.commit(manifest, contents -> holds(contents, superseded))
            : Optional.empty();
    if (committed.isEmpty()) {
      for (DataFile file : files) {
        dataset.fileSystem().delete(dataset.resolve(file.path()), false);
      }
      throw new LostRaceException(
          "Another run has compacted the same files of topic %s meanwhile; this run changed nothing"
              .formatted(type.topic()));
    }

    steps.reached(Step.COMMITTED);
    return (CompactionManifest) committed.get().manifest();
  }

  private static boolean holds(Contents contents, Set<String> paths) {
    Set<String> missing = new HashSet<>(paths);
    contents.files().forEach(f -> missing.remove(f.file().path()));
    return missing.isEmpty();
  }

  private List<DataFile> rewrite(
      EventType type, MasterDataset dataset, CompactionPlan plan, String runId, Path staging)
      throws IOException, InterruptedException {
    Path out = new Path(staging, "out");
    Job job = Jobs.create(config.hadoop(), "compact " + type.topic());
    new CompactionSettings(
            type.topic(),
            FileSchema.of(type.topic(), plan.schema()),
            eventTime(type, plan.schema()),
            runId,
            targetBytes(),
            plan.splits(SPLIT_BYTES).stream()
                .map(split -> split.stream().map(DataFile::path).toList())
                .toList())
        .writeTo(job.getConfiguration());

    int reducers = plan.reducers(targetBytes(), MOST_REDUCERS);
    job.setInputFormatClass(FilesInputFormat.class);
    job.setMapperClass(RowMapper.class);
    job.setMapOutputKeyClass(BytesWritable.class);
    job.setMapOutputValueClass(BytesWritable.class);
    job.setPartitionerClass(DatePartitioner.class);
    job.setReducerClass(FileReducer.class);
    job.setNumReduceTasks(reducers);
    job.setOutputFormatClass(TaskOutputFormat.class);
    job.setOutputKeyClass(NullWritable.class);
    job.setOutputValueClass(NullWritable.class);
    FileOutputFormat.setOutputPath(job, out);

    checkInputs(dataset, plan);
    Jobs.run(job);
    return files(dataset.fileSystem(), new Path(out, FileReducer.REPORTS), reducers);
  }

  /** What a file of this schema calls the event time. */
  private static String eventTime(EventType type, Schema schema) {
    return Stream.concat(
            Stream.of(type.eventTime()),
            type.schema().getField(type.eventTime()).aliases().stream())
        .filter(name -> schema.getField(name) != null)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "Cannot compact topic %s: files of schema %s have no column %s, the event time"
                        .formatted(type.topic(), schema.getFullName(), type.eventTime())));
  }

  /** Else a damaged file would be copied, and its damage with it. */
  private static void checkInputs(MasterDataset dataset, CompactionPlan plan) throws IOException {
    for (DataFile file : plan.inputs()) {
      Optional<String> problem =
          FileCheck.ofBytes(dataset, file.path(), file.lengthBytes(), file.sha256());
      if (problem.isPresent()) {
        throw new InvalidInputException(
            "Cannot compact topic %s: %s; nothing was changed: run lambda audit %s --deep"
                .formatted(dataset.topic(), problem.get(), dataset.topic()));
      }
    }
  }

  private static List<DataFile> files(FileSystem fileSystem, Path reports, int expected)
      throws IOException {
    List<DataFile> files = new ArrayList<>();
    int found = 0;
    try {
      for (FileStatus report : fileSystem.listStatus(reports)) {
        found++;
        try (FSDataInputStream in = fileSystem.open(report.getPath())) {
          new ObjectMapper()
              .readTree(in.readAllBytes())
              .forEach(f -> files.add(ManifestJson.file(f)));
        }
      }
    } catch (FileNotFoundException none) {
      found = 0;
    }

    if (found != expected) {
      throw new IOException(
          String.format(
              Locale.ROOT, "%d tasks of the compaction have reported, of %d", found, expected));
    }

    files.sort(Comparator.comparing(DataFile::path));
    return files;
  }

  private static CompactionResult result(
      String topic,
      List<CompactionPlan> plans,
      List<Long> sequences,
      List<DataFile> written,
      long started) {
    return new CompactionResult(
        topic,
        sequences,
        plans.stream().mapToInt(p -> p.inputs().size()).sum(),
        written.size(),
        plans.stream().mapToLong(CompactionPlan::rows).sum(),
        plans.stream().mapToLong(CompactionPlan::lengthBytes).sum(),
        written.stream().mapToLong(DataFile::lengthBytes).sum(),
        Duration.ofNanos(System.nanoTime() - started));
  }
}
