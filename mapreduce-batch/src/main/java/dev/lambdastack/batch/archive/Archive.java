package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.job.TaskOutputFormat;
import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.OffsetSpan;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Adoptions;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;

/**
 * Takes the epochs of a topic that are over from Kafka into the master dataset: every committed
 * record before the new horizon is in the topic's table, once. Killed anywhere it has changed
 * nothing that a reader sees, and the next run starts where the last one ends.
 *
 * <p>One call of {@link #run(String)} at a time; any number of processes may run at once, of which
 * one commits.
 */
public final class Archive {
  /** What a test does between two steps. */
  @FunctionalInterface
  interface Steps {
    void reached(Step step) throws IOException;
  }

  private final LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;
  private final Steps steps;

  public Archive(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this(config, views, schemas, clock, step -> {});
  }

  Archive(LambdaConfig config, Views views, SchemaStore schemas, Clock clock, Steps steps) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
    this.steps = steps;
  }

  /**
   * What {@link #run(String)} would take now; writes nothing, neither on HDFS nor to Kafka.
   *
   * @throws InvalidInputException as {@link #run(String)}
   */
  public ArchiveResult plan(String topic) throws IOException {
    return plan(topic, Gaps.REFUSED);
  }

  /** As {@link #plan(String)}, of {@link #runAcceptingGaps}. */
  public ArchiveResult planAcceptingGaps(String topic) throws IOException {
    return plan(topic, Gaps.ACCEPTED);
  }

  private ArchiveResult plan(String topic, Gaps gaps) throws IOException {
    EventType type = checkedType(topic);
    long started = System.nanoTime();
    try (TopicLog log = open(type)) {
      MasterTable table = MasterTable.open(config, topic);
      checkSchemas(type, table, TopicAgreement.of(config, topic, log.topicId()));
      StartingPoint start = assumedStart(table, log, gaps);
      Sealed sealed = new Sealing(log, config, clock, start).look();
      long offsets = sealed.ranges().values().stream().mapToLong(r -> r.end() - r.readFrom()).sum();
      return result(topic, start, sealed, OptionalLong.empty(), Totals.offsets(offsets), started);
    }
  }

  /**
   * Archives all epochs that are over and not yet held. Where there are none, it changes nothing.
   *
   * @throws InvalidInputException when the topic, the configuration or what is archived already
   *     forbids to go on; nothing is committed then
   * @throws LostRaceException when another run has committed these epochs meanwhile
   * @throws IOException when the job fails; nothing is committed then
   */
  public ArchiveResult run(String topic) throws IOException, InterruptedException {
    return run(topic, Gaps.REFUSED);
  }

  /**
   * As {@link #run(String)}, but records that retention removed before they were archived are given
   * up: the run notes which offsets are lost.
   */
  public ArchiveResult runAcceptingGaps(String topic) throws IOException, InterruptedException {
    return run(topic, Gaps.ACCEPTED);
  }

  private ArchiveResult run(String topic, Gaps gaps) throws IOException, InterruptedException {
    EventType type = checkedType(topic);
    long started = System.nanoTime();

    try (TopicLog log = open(type)) {
      MasterTable table = MasterTable.open(config, topic);
      StartingPoint start = start(type, table, log, gaps);
      Sealed sealed = new Sealing(log, config, clock, start).seal();
      if (sealed.isEmpty()) {
        table.settleDeadLetters();
        return result(topic, start, sealed, OptionalLong.empty(), Totals.offsets(0), started);
      }

      steps.reached(Step.PLANNED);
      String runId = RunId.next(clock);
      Run run =
          new Run(
              runId,
              type,
              gaps,
              start,
              sealed,
              table,
              table.prepare(type),
              table.deadLetters().layout(),
              log,
              Staging.folder(config, "archive-" + runId));
      try {
        Totals totals = read(run);
        long number = commit(run, totals);
        return result(topic, start, sealed, OptionalLong.of(number), totals, started);
      } finally {
        Staging.remove(config, run.staging());
      }
    }
  }

  private record Run(
      String id,
      EventType type,
      Gaps gaps,
      StartingPoint start,
      Sealed sealed,
      MasterTable table,
      MasterTable.Prepared prepared,
      TableLayout deadLetters,
      TopicLog log,
      Path staging) {
    TableLayout events() {
      return prepared.layout();
    }
  }

  /** Reads the records into files, of which none belongs to a table yet. */
  private Totals read(Run run) throws IOException, InterruptedException {
    try {
      List<OffsetRange> ranges =
          OffsetRanges.of(
              run.sealed().ranges(), run.start().partitions(), config.archive().splitRecords());
      List<TaskReport> reports = ranges.isEmpty() ? List.of() : read(run, ranges);
      steps.reached(Step.READ);

      Totals totals = Totals.of(ranges, reports);
      totals.checkShare(run.type().topic(), config.archive().deadLettersMaxShare());
      run.log().checkUnchanged();
      checkNotCutOff(run);
      return totals;
    } catch (IOException e) {
      throw failed(run, e);
    } catch (InterruptedException | RuntimeException e) {
      removeFiles(run, e);
      throw e;
    }
  }

  private long commit(Run run, Totals totals) throws IOException {
    Optional<ArchiveRun> committed;
    try {
      committed =
          run.table()
              .commit(
                  run.prepared(),
                  archiveRun(run, totals),
                  totals.files(),
                  totals.deadLetters().stream().map(run.deadLetters()::toJson).toList());
    } catch (IOException e) {
      // Should it have happened, the files are needed; else they are orphans, which go in time.
      throw Staging.explained(e, config.hadoop(), run.staging(), new Path(run.events().location()));
    }

    if (committed.isEmpty()) {
      LostRaceException lost =
          new LostRaceException(
              String.format(
                  Locale.ROOT,
                  "Another run has archived topic %s from epoch %d on meanwhile (run %d is taken); this run changed nothing",
                  run.type().topic(),
                  run.sealed().fromEpoch(),
                  run.start().number()));
      removeFiles(run, lost);
      throw lost;
    }

    steps.reached(Step.COMMITTED);
    run.table().settleDeadLetters();
    return run.start().number();
  }

  /** What to throw for the failure of a run that has committed nothing; its files go. */
  private IOException failed(Run run, IOException failure) throws IOException {
    try {
      return Staging.explained(
          failure, config.hadoop(), run.staging(), new Path(run.events().location()));
    } finally {
      removeFiles(run, failure);
    }
  }

  private ArchiveRun archiveRun(Run run, Totals totals) {
    return new ArchiveRun(
        run.start().number(),
        run.type().topic(),
        run.log().topicId(),
        run.start().previous(),
        run.id(),
        config.log().epoch(),
        run.sealed().fromEpoch(),
        run.sealed().toEpoch(),
        config.log().eventTimeMin(),
        run.sealed().ranges(),
        Fingerprints.of(run.type().schema()),
        0,
        totals.recordCounts(),
        clock.instant());
  }

  /** Else what was read before and after would be of two logs. */
  private static void checkNotCutOff(Run run) {
    LogState now = LogState.of(run.log(), run.sealed().ranges());
    run.sealed().ranges().forEach((p, range) -> StartingPoint.checkNotCutOff(p, range, now));
  }

  private List<TaskReport> read(Run run, List<OffsetRange> ranges)
      throws IOException, InterruptedException {
    Path out = new Path(run.staging(), "out");
    Job job =
        Jobs.create(
            config.hadoop(), "archive " + run.type().topic() + " from " + run.start().fromEpoch());
    new ArchiveSettings(
            run.type(),
            schemas,
            run.events(),
            run.deadLetters(),
            run.id(),
            run.sealed().fromEpoch(),
            ranges)
        .writeTo(job.getConfiguration());
    KafkaCredentials.write(config.kafka(), run.id(), job.getCredentials());

    job.setInputFormatClass(LogInputFormat.class);
    job.setMapperClass(ArchiveMapper.class);
    job.setNumReduceTasks(0);
    job.setOutputFormatClass(TaskOutputFormat.class);
    job.setOutputKeyClass(NullWritable.class);
    job.setOutputValueClass(NullWritable.class);
    FileOutputFormat.setOutputPath(job, out);

    try {
      Jobs.run(job);
    } catch (IOException failed) {
      // Often the topic itself is the reason: then say that.
      run.log().checkUnchanged();
      assumedStart(run.table(), run.log(), run.gaps());
      throw failed;
    } finally {
      KafkaCredentials.forget(run.id());
    }

    return TaskReports.read(
        out.getFileSystem(config.hadoop()),
        new Path(out, TaskFolder.REPORTS),
        run.events(),
        run.deadLetters());
  }

  /** Of a run that has not committed: no table names its files. */
  private void removeFiles(Run run, Exception failure) {
    for (Path folder :
        List.of(
            run.events().folder(run.id(), run.type().schema()),
            run.deadLetters().folder(run.id()))) {
      try {
        folder.getFileSystem(config.hadoop()).delete(folder, true);
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private EventType checkedType(String topic) {
    EventType type = views.eventType(topic);
    EventColumns.of(topic, type.schema());
    // Refuses a schema store that the pinned schema cannot read.
    new EventDecoder(schemas, type, List.of(), config.log().eventTimeMin());
    return type;
  }

  private TopicLog open(EventType type) {
    FirstContact.kafka(config);
    TopicLog log = TopicLog.open(config.kafka(), type.topic());
    try {
      log.checkSettings();
      log.checkReadable();
      return log;
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  private void checkSchemas(EventType type, MasterTable table, TopicAgreement store)
      throws IOException {
    SchemaEdits.checkArchived(schemas, type, table.schemas());
    store.checkSchemas(schemas, type);
  }

  /** Refuses before it adopts partitions that neither layer knows yet. */
  private StartingPoint start(EventType type, MasterTable table, TopicLog log, Gaps gaps)
      throws IOException {
    Optional<ArchiveRun> last = table.last();
    LogState state = state(log, last);
    TopicAgreement store = TopicAgreement.of(config, log.topic(), log.topicId());

    startingPoint(last, state, assumed(store, log, last), gaps);
    checkSchemas(type, table, store);

    store.agreeOnEventTime(type.eventTime());
    store.agreeOnSchemas(schemas, type);

    Adoptions adoptions = store.adopt(atFirst(log, last), log.partitions(), adoptedAt());
    if (!log.partitions().containsAll(adoptions.partitions())) {
      throw new PartitionsAddedException(log.topic(), log.partitions(), adoptions.partitions());
    }

    return startingPoint(last, state, adoptions, gaps);
  }

  /** As {@link #start} would say, and writes nothing. */
  private StartingPoint assumedStart(MasterTable table, TopicLog log, Gaps gaps)
      throws IOException {
    Optional<ArchiveRun> last = table.last();
    TopicAgreement store = TopicAgreement.of(config, log.topic(), log.topicId());
    return startingPoint(last, state(log, last), assumed(store, log, last), gaps);
  }

  private static LogState state(TopicLog log, Optional<ArchiveRun> last) {
    // Leader epochs of a topic that was made again are others.
    Map<Integer, PartitionRange> archived =
        last.filter(run -> run.topicId().equals(log.topicId()))
            .<Map<Integer, PartitionRange>>map(ArchiveRun::partitions)
            .orElse(Map.of());
    return LogState.of(log, archived);
  }

  private StartingPoint startingPoint(
      Optional<ArchiveRun> last, LogState state, Adoptions adoptions, Gaps gaps) {
    return StartingPoint.of(
        last, state, adoptions, gaps, config.log().epoch(), config.log().eventTimeMin());
  }

  private Adoptions assumed(TopicAgreement store, TopicLog log, Optional<ArchiveRun> last)
      throws IOException {
    return store
        .read()
        .orElseGet(() -> Adoptions.atFirst(atFirst(log, last)))
        .with(log.partitions(), adoptedAt());
  }

  private static Set<Integer> atFirst(TopicLog log, Optional<ArchiveRun> last) {
    return last.map(l -> l.partitions().keySet()).orElse(log.partitions());
  }

  private Instant adoptedAt() {
    return Adoptions.adoptedAt(clock.instant(), config.log().clockSkew(), config.log().epoch());
  }

  private static SortedMap<Integer, OffsetSpan> lost(Sealed sealed) {
    SortedMap<Integer, OffsetSpan> lost = new TreeMap<>();
    sealed
        .ranges()
        .forEach(
            (partition, range) -> {
              if (range.lost() > 0) {
                lost.put(partition, new OffsetSpan(range.start(), range.readFrom()));
              }
            });
    return lost;
  }

  private ArchiveResult result(
      String topic,
      StartingPoint start,
      Sealed sealed,
      OptionalLong sequence,
      Totals totals,
      long started) {
    return new ArchiveResult(
        topic,
        sequence,
        sealed.fromEpoch(),
        sealed.toEpoch(),
        config.log().epoch(),
        totals.counts(),
        sealed.holding(),
        sealed.byClock(),
        sealed.isEmpty() ? Set.of() : start.added(),
        lost(sealed),
        Duration.ofNanos(System.nanoTime() - started));
  }
}
