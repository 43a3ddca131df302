package dev.lambdastack.benchmarks;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.audit.Audit;
import dev.lambdastack.batch.audit.AuditReport;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.compact.Sweep;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.cli.batch.MasterCommand;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench engines}: whether other engines see what was sent. */
@Command(
    name = "engines",
    sortOptions = false,
    header =
        "Queries and maintains the master dataset with Spark and DuckDB, and compares all rows.",
    description = {
      "",
      "Events of all types and of three versions of their schema are sent and archived. Spark runs what",
      "docs/master-dataset.md prints, and DuckDB reads the files of the newest snapshot: each row must be what was sent.",
      "Spark's maintenance comes between archive, recompute and increment, in an order that the seed draws.",
      ""
    })
final class EnginesBench implements Callable<Integer> {
  private static final Duration EPOCH = Duration.ofSeconds(2);
  private static final String DAILY = "orders_daily";
  private static final String BY_CHANNEL = "orders_by_channel";

  /** The pinned version of the schema in each round. */
  private static final List<Integer> PINS = List.of(1, 1, 2, 2, 3, 3);

  private static final DateTimeFormatter SQL_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);

  @Spec private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "<number>",
      defaultValue = "6000",
      description = "About how many events; default: ${DEFAULT-VALUE}.")
  private int events;

  @Option(
      names = "--seed",
      paramLabel = "<number>",
      description = "Draws events and the order of maintenance; by default another one each time.")
  private Long seed;

  @Option(
      names = "--peers",
      required = true,
      hidden = true,
      description = "The folder of the peers.")
  private Path peers;

  @Option(
      names = "--document",
      required = true,
      hidden = true,
      description = "docs/master-dataset.md.")
  private Path document;

  @Override
  public Integer call() throws Exception {
    Figures figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, () -> run(figures));
  }

  private int run(Figures figures) throws Exception {
    long drawn = seed == null ? new Random().nextInt(1_000_000) : seed;
    figures.say("seed %d", drawn);
    try (Sandbox sandbox = Sandbox.start(EPOCH)) {
      sandbox
          .clusters()
          .kafka()
          .createTopic(
              EngineEvents.TOPIC,
              EngineEvents.PARTITIONS,
              Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
      new Drill(figures, sandbox, new Random(drawn)).run();
    }
    return 0;
  }

  /** A moment between two archive runs. */
  private record Moment(int round, long snapshot, Instant time) {}

  /** A step of maintenance. */
  @FunctionalInterface
  private interface Upkeep {
    void run() throws Exception;
  }

  private record Step(String name, Upkeep upkeep) {}

  /** One run. */
  private final class Drill {
    private final Figures figures;
    private final Random random;
    private final Configuration hadoop;
    private final LambdaConfig config;
    private final EngineEvents source;
    private final AnalystDocument printed = AnalystDocument.read(document);
    private final Path scratch = Files.createTempDirectory("engines");
    private final Clock clock = Clock.systemUTC();
    private final List<Moment> moments = new ArrayList<>();
    private final Deque<Step> steps = new ArrayDeque<>();
    private final long started = System.nanoTime();

    /** The first moment whose snapshot has not expired. */
    private int kept;

    private int round;
    private TablePeer spark;
    private TablePeer duckDb;

    Drill(Figures figures, Sandbox sandbox, Random random) throws IOException {
      this.figures = figures;
      this.random = random;
      this.hadoop = sandbox.configuration();
      // So that late events share a file.
      hadoop.set("lambda.archive.open-dates", "8");
      this.config = LambdaConfig.of(hadoop);
      this.source = new EngineEvents(random);
    }

    void run() throws Exception {
      for (round = 0; round < PINS.size(); round++) {
        archive();
        if (round == 0) {
          startPeers();
        } else {
          maintain();
        }
        recompute();
        if (round > 0) {
          maintain();
        }
        checkTable();
        checkFiles();
        checkAudit();
        say("round %d: all as sent", round);
      }
      checkPast();
      spark.close();
      duckDb.close();
      figures.say("Spark and DuckDB see all %d events as sent", source.sent().size());
    }

    private void say(String format, Object... arguments) {
      figures.say(
          "%4d s  %s",
          (System.nanoTime() - started) / 1_000_000_000L,
          String.format(Locale.ROOT, format, arguments));
    }

    private int pin() {
      return PINS.get(round);
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

    private void archive() throws Exception {
      int before = source.sent().size();
      int deadBefore = source.dead().size();
      // What comes after a new schema is an increment, of few days.
      boolean isIncrement = round > 0 && PINS.get(round - 1) == pin();
      source.send(
          config,
          isIncrement ? events / 20 : events / 4,
          pin(),
          round,
          Duration.ofDays(isIncrement ? 1 : 6));
      new Layers(config, EngineEvents.TOPIC, loader -> views()).awaitEpochAfter(clock.instant());
      ArchiveResult result =
          new Archive(config, views(), source.store(pin()), clock).run(EngineEvents.TOPIC);

      WrongAnswerException.check(
          "The archive run", result.events(), (long) source.sent().size() - before);
      WrongAnswerException.check(
          "The archive run's dead letters",
          result.deadLetters(),
          (long) source.dead().size() - deadBefore);
      List<MasterTable.SnapshotInfo> snapshots = table().info().orElseThrow().snapshots();
      moments.add(new Moment(round, snapshots.get(snapshots.size() - 1).id(), clock.instant()));
      say(
          "round %d: %d events and %d dead letters archived in %d files, schema version %d",
          round, result.events(), result.deadLetters(), result.files(), pin());
    }

    private MasterTable table() throws IOException {
      return MasterTable.open(config, EngineEvents.TOPIC);
    }

    /** Spark with the options of the document, which must be those that lambda master prints. */
    private void startPeers() throws Exception {
      String warehouse = hadoop.get("fs.defaultFS") + "/master";
      Map<String, String> options =
          AnalystDocument.options(
              printed.section("Spark").replace(AnalystDocument.WAREHOUSE, warehouse));
      Map<String, String> told = AnalystDocument.options(lambdaMaster());
      for (Map.Entry<String, String> option : told.entrySet()) {
        WrongAnswerException.check(
            "docs/master-dataset.md, of " + option.getKey() + ",",
            String.valueOf(options.get(option.getKey())),
            option.getValue());
      }

      spark =
          TablePeer.start(
              "Spark",
              peers.resolve("spark"),
              "SparkTablePeer",
              scratch,
              options.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
      duckDb = TablePeer.start("DuckDB", peers.resolve("duckdb"), "DuckDbPeer", scratch, List.of());
    }

    /** What {@code lambda master} prints. */
    private String lambdaMaster(String... more) throws WrongAnswerException {
      StringWriter out = new StringWriter();
      List<String> arguments = new ArrayList<>(List.of(EngineEvents.TOPIC));
      arguments.addAll(List.of(more));
      for (String key : List.of("fs.defaultFS", "lambda.master")) {
        arguments.add("-D");
        arguments.add(key + "=" + hadoop.get(key));
      }
      int exit =
          new CommandLine(new MasterCommand())
              .setOut(new PrintWriter(out))
              .execute(arguments.toArray(String[]::new));
      WrongAnswerException.check("lambda master", "exit code " + exit, "exit code 0");
      return out.toString();
    }

    private void recompute() throws Exception {
      List<String> names = views().all().stream().map(View::name).toList();
      boolean isIncrement = round > 0 && PINS.get(round - 1) == pin();
      Set<String> must = isIncrement ? forgetReads() : Set.of();
      List<Recompute.Outcome> outcomes =
          new Recompute(config, views(), source.store(pin()), clock)
              .run(names, Recompute.Options.DEFAULT);

      for (Recompute.Outcome outcome : outcomes) {
        WrongAnswerException.check(
            "The recompute of round " + round,
            outcome.base().isPresent() ? "an increment" : "a full run",
            isIncrement ? "an increment" : "a full run");
      }
      if (isIncrement) {
        Set<String> more = new TreeSet<>(wereRead());
        int read = more.size();
        more.removeAll(must);
        if (!more.isEmpty()) {
          throw new WrongAnswerException(
              "The increment has read %d files of other days, such as %s"
                  .formatted(more.size(), more.iterator().next()));
        }
        say("round %d: the increment has read %d of %d files", round, read, files().size());
      }

      Publish publish = new Publish(config, clock);
      for (String name : names) {
        publish.publish(name, OptionalLong.empty());
      }
      try (LambdaClient client = LambdaClient.open(hadoop)) {
        for (String name : names) {
          Answer answer = client.queryAll(name, Instant.MIN, Instant.MAX, Incomplete.ALLOW);
          checkGroups(name, answer, round);
        }
      }
    }

    /** Groups of a view over what was sent up to a round, recounted. */
    private void checkGroups(String view, Answer answer, int last) throws WrongAnswerException {
      Schema schema = source.schema(pin());
      Map<String, List<BigDecimal>> groups = new HashMap<>();
      for (EngineEvents.Sent sent : source.sent()) {
        if (sent.round() > last) {
          continue;
        }
        GenericRecord event = EngineEvents.as(sent.event(), schema);
        String key = event.get(view.equals(DAILY) ? "category" : "channel").toString();
        List<BigDecimal> values =
            view.equals(DAILY)
                ? List.of(
                    BigDecimal.ONE,
                    EngineEvents.decimal(event, "amount"),
                    new BigDecimal(event.get("quantity").toString()))
                : List.of(BigDecimal.ONE);
        groups.merge(
            List.of(key, sent.time().atOffset(ZoneOffset.UTC).toLocalDate().toEpochDay())
                .toString(),
            values,
            EnginesBench::plus);
      }
      Groups.of(answer)
          .check(
              "View " + view,
              new Groups(groups),
              Collections.nCopies(view.equals(DAILY) ? 3 : 1, Groups.Value.EXACT));
    }

    /** Runs the next step of maintenance. */
    private void maintain() throws Exception {
      if (steps.isEmpty()) {
        List<Step> all = new ArrayList<>(steps());
        Collections.shuffle(all, random);
        steps.addAll(all);
      }
      Step step = steps.remove();
      step.upkeep().run();
      checkRows();
      say("round %d: after %s, all rows as sent", round, step.name());
    }

    private List<Step> steps() {
      return List.of(
          new Step("rewrite_data_files", () -> call("rewrite_data_files", clock.instant())),
          new Step("rewrite_data_files of all files", this::rewriteAll),
          new Step("rewrite_manifests", () -> call("rewrite_manifests", clock.instant())),
          new Step("expire_snapshots", this::expire),
          new Step("remove_orphan_files", this::removeOrphans),
          new Step("lambda compact", this::compact));
    }

    /** A statement of the document. */
    private TablePeer.Rows call(String procedure, Instant until) throws IOException {
      return spark.ask(
          printed
              .statement("Maintenance by others", procedure + "(")
              .replace(AnalystDocument.AGE, sqlTime(until)));
    }

    /** As printed, small groups of files stay as they are. */
    private void rewriteAll() throws IOException {
      spark.ask(
          printed
              .statement("Maintenance by others", "rewrite_data_files(")
              .replace(
                  "'events.orders')", "'events.orders', options => map('rewrite-all', 'true'))"));
    }

    private void expire() throws Exception {
      call("expire_snapshots", clock.instant());
      kept = moments.size();
      WrongAnswerException.check(
          "The table after expire_snapshots",
          table().info().orElseThrow().snapshots().size() + " snapshots",
          "1 snapshots");
    }

    /** Spark takes no age below a day: all files are made to look old. */
    private void removeOrphans() throws Exception {
      FileSystem hdfs = FileSystem.get(hadoop);
      org.apache.hadoop.fs.Path place = new org.apache.hadoop.fs.Path(location());
      org.apache.hadoop.fs.Path orphan =
          new org.apache.hadoop.fs.Path(place, "data/left-" + round + ".parquet");
      hdfs.create(orphan).close();
      long old = clock.instant().minus(Duration.ofDays(5)).toEpochMilli();
      RemoteIterator<LocatedFileStatus> all = hdfs.listFiles(place, true);
      while (all.hasNext()) {
        hdfs.setTimes(all.next().getPath(), old, -1);
      }

      call("remove_orphan_files", clock.instant().minus(Duration.ofHours(25)));
      WrongAnswerException.check(
          "The table's folder after remove_orphan_files",
          hdfs.exists(orphan) ? "the orphan" : "no orphan",
          "no orphan");
    }

    private String location() throws IOException {
      return table().info().orElseThrow().location();
    }

    private void compact() throws Exception {
      new Compaction(config, views(), source.store(pin()), clock).run(EngineEvents.TOPIC);
      new Sweep(config, clock).run(table(), false);
    }

    private List<LiveFile> files() throws IOException {
      return table().contents().orElseThrow().files();
    }

    /**
     * Sets back when HDFS saw each file read last.
     *
     * @return the files that an increment of this round may read: those with events of the days
     *     that the round's have
     */
    private Set<String> forgetReads() throws IOException {
      FileSystem hdfs = FileSystem.get(hadoop);
      Set<Long> days =
          source.sent().stream()
              .filter(s -> s.round() == round)
              .map(s -> Math.floorDiv(s.time().getEpochSecond(), 86_400L))
              .collect(Collectors.toSet());
      Set<String> raw =
          Set.copyOf(
              spark
                  .ask("SELECT DISTINCT _file FROM lambda.events.orders WHERE lambda_raw IS NOT NULL")
                  .rows());
      String pinned =
          "%016x".formatted(SchemaNormalization.parsingFingerprint64(source.schema(pin())));
      Set<String> must = new TreeSet<>();
      for (LiveFile file : files()) {
        hdfs.setTimes(new org.apache.hadoop.fs.Path(file.path()), -1, 1);
        long first = Math.floorDiv(file.eventTimes().min(), 86_400_000L);
        long last = Math.floorDiv(file.eventTimes().max(), 86_400_000L);
        boolean isDecodedAgain =
            !file.path().contains(pinned)
                && raw.contains("{_file=" + EngineText.quoted(file.path()) + "}");
        if (isDecodedAgain || days.stream().anyMatch(day -> day >= first && day <= last)) {
          must.add(file.path());
        }
      }
      return must;
    }

    private Set<String> wereRead() throws IOException {
      FileSystem hdfs = FileSystem.get(hadoop);
      Set<String> read = new TreeSet<>();
      for (LiveFile file : files()) {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(file.path());
        if (hdfs.getFileStatus(path).getAccessTime() > 1) {
          read.add(file.path());
        }
      }
      return read;
    }

    /** What the document asks Spark. */
    private void checkTable() throws Exception {
      String ofDay = printed.statement("Spark", "GROUP BY category");
      spark.check(
          ofDay, sums(EnginesBench::isOfDay, EnginesBench::category, "category", "count(1)"));
      checkRuns();
      checkDeadLetters();

      for (Moment moment : moments.subList(kept, moments.size())) {
        String ago =
            printed
                .statement("Spark", "TIMESTAMP AS OF")
                .replace(AnalystDocument.MOMENT, sqlTime(moment.time()));
        long expected = source.sent().stream().filter(s -> s.round() <= moment.round()).count();
        spark.check(ago, List.of("{count(1)=" + expected + "}"));
      }
      if (kept < moments.size()) {
        Moment moment = moments.get(kept + random.nextInt(moments.size() - kept));
        checkRows(
            "SELECT * FROM lambda.events.orders VERSION AS OF " + moment.snapshot(),
            moment.round());
      }
    }

    private void checkRows() throws Exception {
      checkRows("SELECT * FROM lambda.events.orders", round);
    }

    /** All columns of all rows, as they were after a round. */
    private void checkRows(String sql, int last) throws Exception {
      ExpectedTable table = new ExpectedTable();
      for (int pinned = 1; pinned <= PINS.get(last); pinned++) {
        table.evolve(source.schema(pinned));
      }

      TablePeer.Rows rows = spark.ask(sql);
      String types =
          table.types().entrySet().stream()
              .map(e -> e.getKey() + ":" + e.getValue())
              .collect(Collectors.joining(",", "struct<", ">"));
      spark.check("the columns of " + sql, List.of(rows.type()), List.of(types));
      spark.check(
          sql,
          rows.rows(),
          source.sent().stream()
              .filter(s -> s.round() <= last)
              .map(s -> EngineText.struct(row(table, s)))
              .toList());
    }

    private Map<String, String> row(ExpectedTable table, EngineEvents.Sent sent) {
      Schema pinned = source.schema(PINS.get(sent.round()));
      Map<String, String> row = new TreeMap<>(table.values(EngineEvents.as(sent.event(), pinned)));
      boolean isPinned = sent.event().getSchema().equals(pinned);
      row.put("lambda_partition", String.valueOf(sent.partition()));
      row.put("lambda_offset", String.valueOf(sent.offset()));
      row.put("lambda_append_time", sent.appendTime().toString());
      row.put(
          "lambda_writer_schema",
          String.valueOf(SchemaNormalization.parsingFingerprint64(sent.event().getSchema())));
      row.put("lambda_raw", isPinned ? "null" : EngineText.hex(sent.value()));
      return row;
    }

    /** Rows of a group of the events, with its count and the sum of its amounts. */
    private List<String> sums(
        Predicate<GenericRecord> where,
        Function<GenericRecord, String> key,
        String keyName,
        String countName) {
      Map<String, List<BigDecimal>> groups = new TreeMap<>();
      for (EngineEvents.Sent sent : source.sent()) {
        GenericRecord event = sent.event();
        if (where.test(event)) {
          groups.merge(
              key.apply(event),
              List.of(BigDecimal.ONE, EngineEvents.decimal(event, "amount")),
              EnginesBench::plus);
        }
      }
      return groups.entrySet().stream()
          .map(
              g ->
                  EngineText.struct(
                      new TreeMap<>(
                          Map.of(
                              keyName,
                              g.getKey(),
                              countName,
                              g.getValue().get(0).toString(),
                              "sum(amount)",
                              g.getValue().get(1).toPlainString()))))
          .toList();
    }

    private void checkRuns() throws Exception {
      String sql = printed.statement("Spark", ".snapshots");
      Map<String, String> added = new TreeMap<>();
      for (Moment moment : moments.subList(kept, moments.size())) {
        long events = source.sent().stream().filter(s -> s.round() == moment.round()).count();
        added.put(String.valueOf(moment.round() + 1), String.valueOf(events));
      }
      for (String row : spark.ask(sql).rows()) {
        for (Map.Entry<String, String> run : added.entrySet()) {
          String start = "summary[lambda.run]=" + EngineText.quoted(run.getKey()) + "}";
          if (row.endsWith(start)) {
            spark.check(
                sql,
                List.of(row.replaceAll(".*added-records]=", "").replaceAll(",.*", "")),
                List.of(EngineText.quoted(run.getValue())));
          }
        }
      }
    }

    private void checkDeadLetters() throws Exception {
      spark.check(
          "SELECT partition, offset, value FROM lambda.dead_letters.orders",
          source.dead().stream()
              .map(
                  d ->
                      "{offset=%d, partition=%d, value=%s}"
                          .formatted(
                              d.offset(),
                              d.partition(),
                              d.value() == null ? "null" : EngineText.hex(d.value())))
              .toList());
    }

    /** DuckDB over copies of the files that the newest snapshot has. */
    private void checkFiles() throws Exception {
      Path folder = Files.createDirectory(scratch.resolve("files-" + round));
      FileSystem hdfs = FileSystem.get(hadoop);
      int copied = 0;
      for (String path : lambdaMaster("--files").lines().toList()) {
        hdfs.copyToLocalFile(
            new org.apache.hadoop.fs.Path(path),
            new org.apache.hadoop.fs.Path(folder.resolve(++copied + ".parquet").toUri()));
      }
      WrongAnswerException.check("lambda master --files", copied, files().size());

      for (String sql : printed.statements("DuckDB")) {
        boolean isOfDay = sql.contains("GROUP BY category");
        duckDb.check(
            sql.replace(AnalystDocument.FILES, folder + "/"),
            isOfDay
                ? sums(EnginesBench::isOfDay, EnginesBench::category, "category", "count_star()")
                : sums(e -> true, e -> day(e).toString(), "day", "count_star()"));
      }

      ExpectedTable table = new ExpectedTable();
      table.evolve(source.schema(1));
      Set<String> columns = new TreeSet<>(table.types().keySet());
      // In files of different versions these have other names or other fields, or none.
      columns.removeAll(
          List.of("note", "legacy", "address", "billing", "lines", "source", "quantity", "weight"));
      duckDb.check(
          "SELECT %s FROM read_parquet('%s/*.parquet', union_by_name = true)"
              .formatted(String.join(", ", columns), folder),
          source.sent().stream()
              .map(
                  sent -> {
                    Map<String, String> row = row(table, sent);
                    row.keySet().retainAll(columns);
                    return EngineText.struct(row);
                  })
              .toList());
    }

    private void checkAudit() throws Exception {
      AuditReport report = new Audit(config, clock).run(EngineEvents.TOPIC, Audit.Scope.DEEP);
      WrongAnswerException.check("The audit", report.differences(), List.of());
    }

    /** Versions of the past, whatever has expired. */
    private void checkPast() throws Exception {
      round = PINS.size() - 1;
      Moment moment = moments.get(random.nextInt(PINS.size() - 1));
      long version =
          new Recompute(config, views(), source.store(pin()), clock)
              .run(List.of(DAILY), Recompute.Options.asOf(moment.time()))
              .get(0)
              .version()
              .number();
      try (LambdaClient client = LambdaClient.open(hadoop)) {
        checkGroups(
            DAILY,
            client.queryAllOfVersion(DAILY, version, Instant.MIN, Instant.MAX),
            moment.round());
      }
      say("--as-of after round %d: as it was", moment.round());
    }
  }

  private static LocalDate day(GenericRecord event) {
    long millis = (Long) event.get(EngineEvents.EVENT_TIME);
    return LocalDate.ofEpochDay(Math.floorDiv(millis, 86_400_000L));
  }

  /** The day that the document asks for. */
  private static boolean isOfDay(GenericRecord event) {
    return day(event).equals(LocalDate.of(2026, 1, 31));
  }

  private static String category(GenericRecord event) {
    return EngineText.quoted(event.get("category").toString());
  }

  private static String sqlTime(Instant time) {
    return SQL_TIME.format(time.atOffset(ZoneOffset.UTC));
  }

  private static List<BigDecimal> plus(List<BigDecimal> left, List<BigDecimal> right) {
    List<BigDecimal> sum = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      sum.add(left.get(i).add(right.get(i)));
    }
    return sum;
  }
}
