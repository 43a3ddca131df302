package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.job.TaskOutputFormat;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.TableFileWriter;
import dev.lambdastack.batch.master.TableLayout;
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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

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
    /** All tasks are committed; no table names their files. */
    WRITTEN,
    /** The table has them in the place of others. */
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
    Contents contents = contents(MasterTable.open(config, topic), type);
    return result(topic, plans(contents), 0, List.of(), started);
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
    MasterTable table = MasterTable.open(config, topic);
    Contents contents = contents(table, type);
    List<CompactionPlan> plans = plans(contents);

    int commits = 0;
    List<DataFile> written = new ArrayList<>();
    for (CompactionPlan plan : plans) {
      String runId = RunId.next(clock);
      Path staging = Staging.folder(config, "compact-" + runId);
      Path folder = table.layout().folder(runId + "." + plan.pinned());
      steps.reached(Step.PLANNED);

      try {
        List<DataFile> files = checked(type, table, plan, folder, staging);
        steps.reached(Step.WRITTEN);
        commit(type, table, contents, plan, files, folder);
        steps.reached(Step.COMMITTED);
        written.addAll(files);
        commits++;
      } finally {
        Staging.remove(config, staging);
      }
    }

    return result(topic, plans, commits, written, started);
  }

  private Contents contents(MasterTable table, EventType type) throws IOException {
    Contents contents =
        table
            .contents()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "Cannot compact topic %s: nothing of it is archived in %s; run lambda archive %s first"
                            .formatted(type.topic(), table.place(), type.topic())));
    SchemaEdits.checkArchived(schemas, type, contents.schemas());
    return contents;
  }

  private List<CompactionPlan> plans(Contents contents) {
    return CompactionPlan.of(contents, targetBytes());
  }

  private long targetBytes() {
    return config.hadoop().getLong(CompactionSettings.TARGET, config.compact().targetBytes());
  }

  /** Files with the plan's rows, which no table names yet; nothing is left where it fails. */
  private List<DataFile> checked(
      EventType type, MasterTable table, CompactionPlan plan, Path folder, Path staging)
      throws IOException, InterruptedException {
    try {
      List<DataFile> files = write(type, table, plan, folder, staging);
      long rows = files.stream().mapToLong(DataFile::recordCount).sum();
      if (rows != plan.rows()) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "The compaction of topic %s wrote %d rows, where its files have %d; nothing was changed",
                type.topic(),
                rows,
                plan.rows()));
      }
      return files;
    } catch (IOException e) {
      try {
        throw Staging.explained(e, config.hadoop(), staging, folder.getParent());
      } finally {
        Staging.removeAfter(e, config.hadoop(), folder);
      }
    } catch (Exception e) {
      Staging.removeAfter(e, config.hadoop(), folder);
      throw e;
    }
  }

  /** Where it is not known whether it was committed, the files stay: then they may be needed. */
  private void commit(
      EventType type,
      MasterTable table,
      Contents contents,
      CompactionPlan plan,
      List<DataFile> files,
      Path folder)
      throws IOException {
    Set<DataFile> replaced = plan.inputs().stream().map(LiveFile::file).collect(Collectors.toSet());
    if (!table.replace(contents, replaced, Set.copyOf(files), folder.getName())) {
      LostRaceException lost =
          new LostRaceException(
              "Another run has compacted the same files of topic %s meanwhile; this run changed nothing"
                  .formatted(type.topic()));
      Staging.removeAfter(lost, config.hadoop(), folder);
      throw lost;
    }
  }

  private List<DataFile> write(
      EventType type, MasterTable table, CompactionPlan plan, Path folder, Path staging)
      throws IOException, InterruptedException {
    TableLayout layout = table.layout();
    Schema columns = columnsOf(plan);
    Path out = new Path(staging, "out");
    Job job = Jobs.create(config.hadoop(), "compact " + type.topic());
    new CompactionSettings(
            layout,
            columns,
            plan.pinned(),
            eventTime(type, columns),
            folder.toString(),
            targetBytes(),
            plan.splits(SPLIT_BYTES).stream()
                .map(split -> split.stream().map(LiveFile::path).toList())
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

    try {
      Jobs.run(job);
    } catch (IOException failed) {
      checkInputs(type, plan, failed);
      throw failed;
    }
    return files(layout, new Path(out, FileReducer.REPORTS), reducers);
  }

  /** The columns of the plan's files, which all follow one schema. */
  private Schema columnsOf(CompactionPlan plan) throws IOException {
    Path path = new Path(plan.inputs().get(0).path());
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(path, config.hadoop()))) {
      return SchemaParser.fromJson(
          reader.getFileMetaData().getKeyValueMetaData().get(TableFileWriter.COLUMNS));
    }
  }

  /** What a file of this schema calls the event time. */
  private static String eventTime(EventType type, Schema columns) {
    return Stream.concat(
            Stream.of(type.eventTime()),
            type.schema().getField(type.eventTime()).aliases().stream())
        .filter(name -> columns.findField(name) != null)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "Cannot compact topic %s: files of an older schema have no column %s, the event time"
                        .formatted(type.topic(), type.eventTime())));
  }

  /** A job says little of why it failed: where it is a file, that is told here. */
  private void checkInputs(EventType type, CompactionPlan plan, IOException failure) {
    for (LiveFile file : plan.inputs()) {
      Optional<String> problem = FileCheck.ofPages(config.hadoop(), file.path(), file.rows());
      if (problem.isPresent()) {
        throw new InvalidInputException(
            "Cannot compact topic %s: %s; nothing was changed: run lambda audit %s --deep"
                .formatted(type.topic(), problem.get(), type.topic()),
            failure);
      }
    }
  }

  private List<DataFile> files(TableLayout layout, Path reports, int expected) throws IOException {
    FileSystem fileSystem = reports.getFileSystem(config.hadoop());
    List<DataFile> files = new ArrayList<>();
    int found = 0;
    try {
      for (FileStatus report : fileSystem.listStatus(reports)) {
        found++;
        try (FSDataInputStream in = fileSystem.open(report.getPath())) {
          for (JsonNode file : new ObjectMapper().readTree(in.readAllBytes())) {
            files.add(layout.file(file.textValue()));
          }
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
    return files;
  }

  private static CompactionResult result(
      String topic, List<CompactionPlan> plans, int commits, List<DataFile> written, long started) {
    return new CompactionResult(
        topic,
        commits,
        plans.stream().mapToInt(p -> p.inputs().size()).sum(),
        written.size(),
        plans.stream().mapToLong(CompactionPlan::rows).sum(),
        plans.stream().mapToLong(CompactionPlan::lengthBytes).sum(),
        written.stream().mapToLong(DataFile::fileSizeInBytes).sum(),
        Duration.ofNanos(System.nanoTime() - started));
  }
}
