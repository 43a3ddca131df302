package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.publish.VersionState;
import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.VersionRuns;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.Version;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.mapreduce.Counters;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.security.UserGroupInformation;

/** One pass over a topic's files, which makes a version of each of some views. */
final class TopicRun implements AutoCloseable {
  private final LambdaConfig config;
  private final SchemaStore schemas;
  private final Clock clock;
  private final List<View> views;
  private final MasterTable table;
  private final String runId;
  private final Lease lease;
  private final Contents contents;
  private final Frozen frozen;
  private final Recompute.Options options;
  private final long started = System.nanoTime();

  private TopicRun(
      LambdaConfig config,
      SchemaStore schemas,
      Clock clock,
      List<View> views,
      MasterTable table,
      String runId,
      Lease.Leased leased,
      Recompute.Options options) {
    this.config = config;
    this.schemas = schemas;
    this.clock = clock;
    this.views = views;
    this.table = table;
    this.options = options;
    this.runId = runId;
    this.lease = leased.lease();
    this.contents = leased.contents();
    this.frozen = options.asOf().isPresent() ? asOf(options.asOf().get()) : Frozen.of(contents);
  }

  /**
   * Freezes the list of files: none of them goes until the run is closed.
   *
   * @param views of one topic and one schema
   * @throws InvalidInputException when nothing is archived
   */
  static TopicRun open(
      LambdaConfig config,
      SchemaStore schemas,
      Clock clock,
      List<View> views,
      Recompute.Options options)
      throws IOException {
    String topic = views.get(0).eventType().topic();
    MasterTable table = MasterTable.open(config, topic);
    if (table.last().isEmpty()) {
      throw new InvalidInputException(
          "Cannot recompute view %s: nothing of topic %s is archived in %s; run lambda archive %s first"
              .formatted(views.get(0).name(), topic, table.place(), topic));
    }

    SchemaEdits.checkArchived(schemas, views.get(0).eventType(), table.schemas());

    String runId = RunId.next(clock);
    Lease.Leased leased = Lease.take(table, runId, clock, config.master().lease());
    try {
      return new TopicRun(config, schemas, clock, views, table, runId, leased, options);
    } catch (RuntimeException e) {
      leased.lease().close();
      throw e;
    }
  }

  @Override
  public void close() {
    lease.close();
  }

  private Frozen asOf(Instant instant) {
    return Frozen.asOf(instant, contents)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "Cannot recompute view %s as of %s: nothing of topic %s was archived by then; the first run is of %s"
                        .formatted(
                            views.get(0).name(),
                            instant,
                            table.topic(),
                            contents.runs().get(0).created())));
  }

  /**
   * A version to be made.
   *
   * @param extended the older version that its table is a copy of; empty where all events are read
   */
  private record Target(View view, VersionTable table, Optional<Extended> extended) {
    String name() {
      return view.name();
    }

    Optional<Version> base() {
      return extended.map(Extended::base);
    }

    /** Events that no row counts; those of a base were counted when it was made. */
    long rejected(Counters counters) {
      return extended
          .map(e -> e.base().rejected() + e.touched().rejected())
          .orElseGet(() -> counters.findCounter(RecomputeCounter.REJECTED).getValue());
    }

    /** As {@link #rejected}, those that the view cannot take. */
    long setAside(Counters counters) {
      return base().map(Version::setAside).orElse(0L)
          + counters.findCounter(RecomputeCounter.SET_ASIDE, name()).getValue();
    }
  }

  /** A base, and the windows that have rows which it does not hold. */
  private record Extended(Version base, TouchedWindows.Answer touched) {
    PassPlan.Increment increment() {
      return new PassPlan.Increment(base.horizon().offsets(), touched.windows());
    }
  }

  /** What {@link #run} would make of each view. */
  List<Recompute.Plan> plan(Connection connection, PublishedTable store) throws IOException {
    List<Recompute.Plan> plans = new ArrayList<>();
    for (View view : views) {
      Start start = start(connection, store, view);

      Optional<Version> base = Optional.empty();
      String whyFull = "";
      if (start instanceof Start.UpToDate current) {
        base = Optional.of(current.version());
      } else if (start instanceof Start.Increment increment) {
        base = Optional.of(increment.base());
      } else if (start instanceof Start.Full full) {
        whyFull = full.why();
      }

      plans.add(
          new Recompute.Plan(
              view.name(),
              base,
              whyFull,
              start instanceof Start.UpToDate,
              frozen.events(),
              frozen.horizon().instant(frozen.epochLength())));
    }
    return plans;
  }

  /** Makes the versions and enters them in the catalog. */
  List<Recompute.Outcome> run(Connection connection, PublishedTable store)
      throws IOException, InterruptedException {
    store.ensure();

    List<Recompute.Outcome> outcomes = new ArrayList<>();
    List<Start.Increment> increments = new ArrayList<>();
    List<View> full = new ArrayList<>();
    for (View view : views) {
      Start start = start(connection, store, view);
      if (start instanceof Start.UpToDate current) {
        Version version = current.version();
        outcomes.add(new Recompute.Outcome(version, Optional.of(version), false, Optional.empty()));
      } else if (start instanceof Start.Increment increment) {
        increments.add(increment);
      } else {
        full.add(view);
      }
    }
    if (increments.isEmpty() && full.isEmpty()) {
      return outcomes;
    }

    VersionTable.Makers makers =
        new VersionTable.Makers(connection, store, lease.name(), config.hbase().operationTimeout());
    Path staging = Staging.folder(config, "recompute-" + runId);
    List<Target> targets = new ArrayList<>();
    List<Filled> filled;
    try {
      for (View view : views) {
        VersionTable.dropLeftovers(makers, view.name(), this::isAtWork);
      }
      copy(makers, increments, targets);
      create(makers, full, targets);

      filled = fill(targets, staging);
      Staging.remove(config, staging);
    } catch (Exception e) {
      targets.forEach(t -> t.table().dropAfter(e));
      explain(e, staging);
      throw e;
    }

    enter(makers, filled);
    filled.forEach(f -> outcomes.add(f.outcome()));
    return outcomes;
  }

  private Start start(Connection connection, PublishedTable store, View view) throws IOException {
    if (options.asOf().isPresent()) {
      return new Start.Full(view, "--as-of");
    }
    if (options.full()) {
      return new Start.Full(view, "--full");
    }

    Catalog catalog = store.catalog().of(view.name());
    List<Version> usable =
        catalog.versions().stream()
            .filter(v -> VersionState.of(catalog, v) != VersionState.HELD)
            .filter(v -> !catalog.isRolledBackFrom(v))
            .map(Catalog.CatalogVersion::version)
            .toList();
    List<Version> candidates = BaseVersion.candidates(view, usable, contents);
    for (Version version : candidates) {
      if (isOfThisDataset(version)
          && ShareCounts.areKnown(view, version)
          && VersionTable.isOfSchema(connection, version, pinned(view))) {
        return version.horizon().equals(contents.horizon())
            ? new Start.UpToDate(view, version)
            : new Start.Increment(view, version);
      }
    }

    List<Version> all = catalog.versions().stream().map(Catalog.CatalogVersion::version).toList();
    return new Start.Full(view, BaseVersion.whyNone(view, all, usable, candidates));
  }

  private boolean isOfThisDataset(Version version) {
    return contents
        .run(version.run())
        .filter(r -> r.digest().equals(version.runDigest()))
        .isPresent();
  }

  static String pinned(View view) {
    return Fingerprints.of(view.eventType().schema());
  }

  private boolean isAtWork(String run) throws IOException {
    return table.isHeld(run, clock.instant());
  }

  private void enter(VersionTable.Makers makers, List<Filled> filled) throws IOException {
    Deque<Filled> waiting = new ArrayDeque<>(filled);
    while (!waiting.isEmpty()) {
      Version version = waiting.remove().version();
      try {
        VersionRuns runs = makers.store().runs();
        if (options.asOf().isPresent()) {
          runs.completePast(version, makers.run());
        } else {
          runs.complete(version, makers.run());
        }
      } catch (IOException | RuntimeException e) {
        // It may have happened all the same: then its table must stay. The next run knows.
        waiting.forEach(f -> f.target().table().dropAfter(e));
        throw e;
      }
    }
  }

  /**
   * Adds the targets that begin as copies, one after the other: those that are there are dropped
   * should the next one fail.
   */
  private void copy(
      VersionTable.Makers makers, List<Start.Increment> increments, List<Target> targets)
      throws IOException {
    if (increments.isEmpty()) {
      return;
    }

    Projection times = new Projection(views.get(0).eventType(), List.of(), true);
    Map<TouchedWindows.Question, TouchedWindows.Answer> touched =
        TouchedWindows.find(
            files(times), frozen.files(), times, increments.stream().map(this::whatIsNew).toList());

    for (Start.Increment increment : increments) {
      VersionTable table = VersionTable.copyOf(makers, increment.base());
      Extended extended = new Extended(increment.base(), touched.get(whatIsNew(increment)));
      targets.add(new Target(increment.view(), table, Optional.of(extended)));
    }
  }

  private TouchedWindows.Question whatIsNew(Start.Increment increment) {
    return new TouchedWindows.Question(
        increment.base().horizon(),
        contents.run(increment.base().run()).orElseThrow().sequence(),
        increment.view().shape().window());
  }

  /** As {@link #copy}, the targets that begin empty. */
  private void create(VersionTable.Makers makers, List<View> full, List<Target> targets)
      throws IOException, InterruptedException {
    if (full.isEmpty()) {
      return;
    }

    Projection projection = Projection.of(full, false);
    Map<String, byte[][]> splits =
        RegionSplits.sample(
            files(projection), frozen.files(), full, projection, config.hbase().regions());

    for (View view : full) {
      VersionTable table = VersionTable.create(makers, view, splits.get(view.name()));
      targets.add(new Target(view, table, Optional.empty()));
    }
  }

  private MasterFiles files(Projection projection) {
    return MasterFiles.of(config, schemas, frozen.eventTimeMin(), projection, Optional.empty());
  }

  /**
   * A version whose table is complete.
   *
   * @param setAside of the events that were read and that the view cannot take, where one stands
   *     and why
   */
  private record Filled(Target target, Version version, Optional<String> setAside) {
    Recompute.Outcome outcome() {
      return new Recompute.Outcome(version, target.base(), true, setAside);
    }
  }

  private List<Filled> fill(List<Target> targets, Path staging)
      throws IOException, InterruptedException {
    Configuration conf = HBaseConnector.forWork(config);
    Path output = new Path(staging, "hfiles");
    PassPlan plan = plan(targets);
    List<LiveFile> inputs = inputs(plan);

    Counters counters = new Counters();
    Map<String, String> setAside = Map.of();
    if (!inputs.isEmpty()) {
      long taskBytes = config.hadoop().getLong(Pass.TASK_BYTES, FileParts.taskBytes(inputs));
      List<View> computed = targets.stream().map(Target::view).toList();
      Pass pass = new Pass(plan, computed, FileParts.ofTasks(inputs, taskBytes));
      counters = compute(pass, conf, staging, output);
      checkRows(counters, inputs);
      setAside = new TaskNotes(staging, conf).setAside(targets.stream().map(Target::name).toList());
    }

    for (Target target : targets) {
      config
          .setAsideLimit()
          .check(
              "view " + target.name(),
              target.setAside(counters),
              frozen.events(),
              setAside.getOrDefault(target.name(), "none of them is new"));
    }

    List<Filled> filled = new ArrayList<>();
    for (Target target : targets) {
      Version version = load(target, counters, conf, output, plan.cellTimestamp());
      filled.add(new Filled(target, version, Optional.ofNullable(setAside.get(target.name()))));
    }
    return filled;
  }

  /** Brings a target's cells into its table, and judges it. */
  private Version load(
      Target target, Counters counters, Configuration conf, Path output, long cellTimestamp)
      throws IOException {
    long cells = counters.findCounter(RecomputeCounter.CELLS, target.name()).getValue();
    Path files = RegionFiles.folder(output, target.name());
    target.table().load(conf, files, cellTimestamp, cells);

    List<RuleResult> rules =
        new ArrayList<>(ShareCounts.results(target.view(), target.base(), counters));
    rules.addAll(
        RowRules.judge(
            target.view(),
            target.table().connection(),
            target.table().name(),
            target.base(),
            cellTimestamp));

    Origin origin =
        new Origin(
            UserGroupInformation.getCurrentUser().getShortUserName(),
            Duration.ofNanos(System.nanoTime() - started),
            rules,
            target.base().map(b -> OptionalLong.of(b.number())).orElse(OptionalLong.empty()));
    return version(target, counters, origin);
  }

  private PassPlan plan(List<Target> targets) throws IOException {
    List<PassPlan.ViewPlan> plans = new ArrayList<>();
    for (Target target : targets) {
      plans.add(
          new PassPlan.ViewPlan(
              target.name(),
              target.view().fingerprint(),
              target.table().regionStarts(),
              target.extended().map(Extended::increment)));
    }

    return new PassPlan(
        runId,
        table.topic(),
        schemas.toJson(),
        frozen.eventTimeMin(),
        Cell.batchTimestamp(frozen.horizon().epoch(), frozen.epochLength()),
        frozen.before(),
        plans);
  }

  /** The files that hold a time that a view looks at, and those whose times are not sure. */
  private List<LiveFile> inputs(PassPlan plan) {
    Optional<TimeRanges> times = plan.times();
    if (times.isEmpty()) {
      return frozen.files();
    }
    if (times.get().isEmpty()) {
      return List.of();
    }

    String pinned = pinned(views.get(0));
    return frozen.files().stream()
        .filter(
            f ->
                !f.timesAreSure(pinned)
                    || times.get().overlaps(f.eventTimes().min(), f.eventTimes().max()))
        .toList();
  }

  private Version version(Target target, Counters counters, Origin origin) {
    View view = target.view();
    long newCells = counters.findCounter(RecomputeCounter.NEW_CELLS, view.name()).getValue();

    return new Version(
        target.table().number(),
        target.table().name().getNameAsString(),
        view.fingerprint(),
        view.shape(),
        frozen.horizon(),
        frozen.epochLength(),
        frozen.run().number(),
        frozen.run().digest(),
        new Version.Counts(
            target.base().map(Version::rows).orElse(0L) + newCells,
            frozen.events(),
            frozen.lost(),
            target.rejected(counters),
            target.setAside(counters)),
        clock.instant(),
        Optional.of(origin));
  }

  /** Runs the job; its counters. */
  private Counters compute(Pass pass, Configuration conf, Path staging, Path output)
      throws IOException, InterruptedException {
    Job job = pass.job(conf, output);
    try (Pass.Running running =
        pass.announce(job.getConfiguration(), new Path(staging, "plan.json"))) {
      Jobs.run(job);
    }
    return job.getCounters();
  }

  /** Throws why a run failed, where that can be told; its folder goes. */
  private void explain(Exception failure, Path staging) throws IOException {
    try {
      checkFilesAfter(failure);
      new TaskNotes(staging, config.hadoop()).throwRefusal(failure);
      if (failure instanceof IOException failed) {
        throw Staging.explained(failed, config.hadoop(), staging);
      }
    } finally {
      Staging.removeAfter(failure, config.hadoop(), staging);
    }
  }

  /** A job says little of why it failed: where it is a file, that is told here. */
  private void checkFilesAfter(Exception failure) throws IOException {
    for (LiveFile input : frozen.files()) {
      Optional<String> problem = problem(input);
      if (problem.isPresent()) {
        throw new InvalidInputException(
            "Cannot recompute from topic %s: file %s %s; put it back as it was (lambda audit %s checks all files) and run again; no version was made"
                .formatted(table.topic(), input.path(), problem.get(), table.topic()),
            failure);
      }
    }
  }

  private Optional<String> problem(LiveFile file) throws IOException {
    Path path = new Path(file.path());
    try {
      long length = path.getFileSystem(config.hadoop()).getFileStatus(path).getLen();
      return length == file.lengthBytes()
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "has another length than its table says (expected %d bytes, found %d)",
                  file.lengthBytes(),
                  length));
    } catch (FileNotFoundException e) {
      return Optional.of("is missing, which its table lists");
    }
  }

  private void checkRows(Counters counters, List<LiveFile> inputs) throws IOException {
    boolean all = inputs.size() == frozen.files().size();
    long expected = all ? frozen.events() : inputs.stream().mapToLong(LiveFile::rows).sum();
    long read = counters.findCounter(RecomputeCounter.ROWS).getValue();

    if (read != expected) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Topic %s: %d rows were read, where its table has %d",
              table.topic(),
              read,
              expected));
    }
  }
}
