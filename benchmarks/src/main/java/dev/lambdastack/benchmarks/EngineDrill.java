package dev.lambdastack.benchmarks;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.audit.Audit;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.compact.Sweep;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.SchemaNormalization;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Rounds of sending, archiving, recomputing and publishing, with a step of maintenance between any
 * two of them. After each step engines must see what was sent.
 */
final class EngineDrill {
  /** The pinned version of the schema in each round. */
  static final List<Integer> PINS = List.of(1, 1, 2, 2, 3, 3);

  private static final String DAILY = "orders_daily";
  private static final String BY_CHANNEL = "orders_by_channel";
  private static final List<String> SUMMED = List.of("amount", "quantity");
  private static final long MILLIS_A_DAY = 86_400_000;

  /** Of all events; increments have fewer, of fewer days. */
  private static final int FULL_PART = 4;

  private static final int INCREMENT_PART = 20;
  private static final Duration FULL_DAYS = Duration.ofDays(6);
  private static final Duration INCREMENT_DAYS = Duration.ofDays(1);

  /** Spark removes no orphan files that are younger than a day. */
  private static final Duration LEAST_AGE = Duration.ofHours(25);

  private static final Duration AGE = Duration.ofDays(5);

  /** When no file was read, in milliseconds. */
  private static final long LONG_AGO = 1;

  private final Figures figures;
  private final Random random;
  private final Configuration hadoop;
  private final LambdaConfig config;
  private final EngineEvents source;
  private final EngineOracle oracle;
  private final EngineQuestions questions;
  private final Clock clock = Clock.systemUTC();
  private final List<Moment> moments = new ArrayList<>();
  private final Deque<Step> steps = new ArrayDeque<>();
  private final long started = System.nanoTime();

  /** The first moment whose snapshot has not expired. */
  private int kept;

  /** Files that were there when the last version was computed. */
  private Set<String> known = Set.of();

  private int round;

  /** After the archive run of a round. */
  private record Moment(long snapshot, Instant time) {}

  @FunctionalInterface
  private interface Upkeep {
    void run() throws Exception;
  }

  private record Step(String name, Upkeep upkeep) {}

  EngineDrill(
      Figures figures,
      Configuration hadoop,
      Random random,
      EngineEvents source,
      EngineOracle oracle,
      EngineQuestions questions) {
    this.figures = figures;
    this.hadoop = hadoop;
    this.config = LambdaConfig.of(hadoop);
    this.random = random;
    this.source = source;
    this.oracle = oracle;
    this.questions = questions;
  }

  /**
   * Runs.
   *
   * @param events about so many in {@link #PINS all} rounds
   * @param rounds the first so many of these
   */
  void run(int events, int rounds) throws Exception {
    for (round = 0; round < rounds; round++) {
      archive(events);
      if (round == 0) {
        questions.start();
        questions.checkRows(round);
      } else {
        maintain();
      }

      recompute();
      maintain();

      checkAll();
      say("round %d: all as sent", round);
    }

    round = rounds - 1;
    checkPast();
    figures.say("Spark and DuckDB see all %,d events as sent", source.sent().size());
  }

  private void say(String format, Object... arguments) {
    figures.say(
        "%5d s  %s",
        Duration.ofNanos(System.nanoTime() - started).toSeconds(),
        String.format(Locale.ROOT, format, arguments));
  }

  private int pin() {
    return PINS.get(round);
  }

  /** After another schema was pinned, all is computed. */
  private boolean isIncrement() {
    return round > 0 && PINS.get(round - 1) == pin();
  }

  private Views views() {
    List<View> views = new ArrayList<>();
    views.add(
        View.named(DAILY)
            .over(source.type(pin()))
            .keyedBy("category")
            .window(Duration.ofDays(1))
            .metric("orders", count())
            .metric("amount", sum("amount"))
            .metric("quantity", sum("quantity"))
            .build());
    if (pin() > 1) {
      // A field that the first version lacks, and that rows of a file may have in their bytes
      // alone.
      views.add(
          View.named(BY_CHANNEL)
              .over(source.type(pin()))
              .keyedBy("channel")
              .window(Duration.ofDays(1))
              .metric("orders", count())
              .build());
    }
    return Views.of(views);
  }

  private MasterTable table() throws IOException {
    return MasterTable.open(config, EngineEvents.TOPIC);
  }

  private List<LiveFile> files() throws IOException {
    return table().contents().orElseThrow().files();
  }

  private void archive(int events) throws Exception {
    int deadBefore = source.dead().size();
    source.send(
        config,
        events / (isIncrement() ? INCREMENT_PART : FULL_PART),
        pin(),
        round,
        isIncrement() ? INCREMENT_DAYS : FULL_DAYS);
    new Layers(config, EngineEvents.TOPIC, loader -> views()).awaitEpochAfter(clock.instant());
    ArchiveResult result =
        new Archive(config, views(), source.store(pin()), clock).run(EngineEvents.TOPIC);

    WrongAnswerException.check("The archive run", result.events(), oracle.eventsOf(round));
    WrongAnswerException.check(
        "The archive run's dead letters",
        result.deadLetters(),
        (long) source.dead().size() - deadBefore);
    List<MasterTable.SnapshotInfo> snapshots = table().info().orElseThrow().snapshots();
    moments.add(new Moment(snapshots.get(snapshots.size() - 1).id(), clock.instant()));
    say(
        "round %d: %d events and %d dead letters archived in %d files, schema version %d",
        round, result.events(), result.deadLetters(), result.files(), pin());
  }

  private void recompute() throws Exception {
    Set<String> may = filesToRead();
    List<String> names = views().all().stream().map(View::name).toList();
    List<Recompute.Outcome> outcomes =
        new Recompute(config, views(), source.store(pin()), clock)
            .run(names, Recompute.Options.DEFAULT);

    for (Recompute.Outcome outcome : outcomes) {
      WrongAnswerException.check(
          "The recompute of round " + round,
          outcome.base().isPresent() ? "an increment" : "a full run",
          isIncrement() ? "an increment" : "a full run");
    }
    if (isIncrement()) {
      checkRead(may);
    }
    known = files().stream().map(LiveFile::path).collect(Collectors.toSet());

    Publish publish = new Publish(config, clock);
    for (String name : names) {
      publish.publish(name, OptionalLong.empty());
    }
    try (LambdaClient client = LambdaClient.open(hadoop)) {
      for (String name : names) {
        check(name, client.queryAll(name, Instant.MIN, Instant.MAX, Incomplete.ALLOW), round);
      }
    }
  }

  private void check(String view, Answer answer, int last) throws WrongAnswerException {
    boolean isDaily = view.equals(DAILY);
    List<String> summed = isDaily ? SUMMED : List.of();
    Groups expected = oracle.groups(last, pin(), isDaily ? "category" : "channel", summed);
    Groups.of(answer)
        .check(
            "View " + view, expected, Collections.nCopies(1 + summed.size(), Groups.Value.EXACT));
  }

  /**
   * Sets back when HDFS saw each file read last.
   *
   * @return the files that an increment of this round may read: those with events of the days that
   *     the round's have, those of another schema where bytes say more than columns, and those that
   *     were written since the last one, whose coordinates alone tell whether they have new rows
   */
  private Set<String> filesToRead() throws IOException {
    FileSystem hdfs = FileSystem.get(hadoop);
    Set<Long> days = oracle.daysOf(round);
    Set<String> raw = questions.filesWithRaw();
    long pinned = SchemaNormalization.parsingFingerprint64(source.schema(pin()));
    String ofPinned = String.format(Locale.ROOT, ".%016x/", pinned);

    Set<String> may = new TreeSet<>();
    for (LiveFile file : files()) {
      hdfs.setTimes(new Path(file.path()), -1, LONG_AGO);
      long first = Math.floorDiv(file.eventTimes().min(), MILLIS_A_DAY);
      long last = Math.floorDiv(file.eventTimes().max(), MILLIS_A_DAY);
      boolean isDecodedAgain = !file.path().contains(ofPinned) && raw.contains(file.path());
      boolean isNew = !known.contains(file.path());
      if (isNew || isDecodedAgain || days.stream().anyMatch(day -> day >= first && day <= last)) {
        may.add(file.path());
      }
    }
    return may;
  }

  private void checkRead(Set<String> may) throws Exception {
    FileSystem hdfs = FileSystem.get(hadoop);
    Set<String> read = new TreeSet<>();
    for (LiveFile file : files()) {
      if (hdfs.getFileStatus(new Path(file.path())).getAccessTime() > LONG_AGO) {
        read.add(file.path());
      }
    }
    say("round %d: the increment has read %d of %d files", round, read.size(), files().size());

    read.removeAll(may);
    if (!read.isEmpty()) {
      throw new WrongAnswerException(
          String.format(
              Locale.ROOT,
              "The increment has read %d files of other days, such as %s",
              read.size(),
              read.iterator().next()));
    }
  }

  /** Runs the next step of maintenance. */
  private void maintain() throws Exception {
    if (steps.isEmpty()) {
      List<Step> all = new ArrayList<>(steps());
      Collections.shuffle(all, random);
      steps.addAll(all);
    }

    Step step = steps.remove();
    say("round %d: %s", round, step.name());
    step.upkeep().run();
    questions.checkRows(round);
  }

  private List<Step> steps() {
    return List.of(
        new Step(
            "rewrite_data_files", () -> questions.maintain("rewrite_data_files", clock.instant())),
        new Step("rewrite_data_files of all files", questions::rewriteAllFiles),
        new Step(
            "rewrite_manifests", () -> questions.maintain("rewrite_manifests", clock.instant())),
        new Step("expire_snapshots", this::expireSnapshots),
        new Step("remove_orphan_files", this::removeOrphanFiles),
        new Step("lambda compact", this::compact));
  }

  private void expireSnapshots() throws Exception {
    questions.maintain("expire_snapshots", clock.instant());
    kept = moments.size();
    WrongAnswerException.check(
        "The table after expire_snapshots",
        table().info().orElseThrow().snapshots().size() + " snapshots",
        "1 snapshots");
  }

  private void removeOrphanFiles() throws Exception {
    FileSystem hdfs = FileSystem.get(hadoop);
    Path place = new Path(table().info().orElseThrow().location());
    Path orphan = new Path(place, "data/left-" + round + ".parquet");
    hdfs.create(orphan).close();
    RemoteIterator<LocatedFileStatus> all = hdfs.listFiles(place, true);
    while (all.hasNext()) {
      hdfs.setTimes(all.next().getPath(), clock.instant().minus(AGE).toEpochMilli(), -1);
    }

    questions.maintain("remove_orphan_files", clock.instant().minus(LEAST_AGE));
    WrongAnswerException.check(
        "The table's folder after remove_orphan_files",
        hdfs.exists(orphan) ? "the orphan" : "no orphan",
        "no orphan");
  }

  private void compact() throws Exception {
    new Compaction(config, views(), source.store(pin()), clock).run(EngineEvents.TOPIC);
    new Sweep(config, clock).run(table(), false);
  }

  private void checkAll() throws Exception {
    questions.checkDay();
    questions.checkRuns(kept, round);
    questions.checkDeadLetters();
    questions.checkFiles(round);
    for (int then = kept; then < moments.size(); then++) {
      questions.checkCountAt(moments.get(then).time(), then);
    }
    if (kept < moments.size()) {
      int then = kept + random.nextInt(moments.size() - kept);
      questions.checkRowsAt(moments.get(then).snapshot(), then);
    }

    WrongAnswerException.check(
        "audit --deep",
        new Audit(config, clock).run(EngineEvents.TOPIC, Audit.Scope.DEEP).differences(),
        List.of());
  }

  /** A version of the past, whatever has expired. */
  private void checkPast() throws Exception {
    int then = random.nextInt(Math.max(1, round));
    long version =
        new Recompute(config, views(), source.store(pin()), clock)
            .run(List.of(DAILY), Recompute.Options.asOf(moments.get(then).time()))
            .get(0)
            .version()
            .number();
    try (LambdaClient client = LambdaClient.open(hadoop)) {
      check(DAILY, client.queryAllOfVersion(DAILY, version, Instant.MIN, Instant.MAX), then);
    }
    say("--as-of after round %d: as it was", then);
  }
}
