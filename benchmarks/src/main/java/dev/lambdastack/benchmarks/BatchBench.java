package dev.lambdastack.benchmarks;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.views.handoff.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench batch}: recomputing views beside Spark SQL over the same files. */
@Command(
    name = "batch",
    sortOptions = false,
    header =
        "Recomputes two views from the master dataset, beside Spark SQL local[2] over the same files.",
    description = {
      "",
      "Both are timed from submit to readable: ours up to the flip of the published row (HFiles and bulk load",
      "included), Spark's up to its Parquet files. TPC-H's query 1 is checked against the published answer first.",
      ""
    })
final class BatchBench implements Callable<Integer> {
  /** A view, and what Spark computes: the same groups, and the same values in the same order. */
  private record Query(String view, String sql, List<Groups.Value> values) {}

  private static final Query SUMS =
      new Query(
          BenchmarkViews.SUMS,
          "select ship_mode, return_flag, floor(unix_millis(event_time)/86400000) d, count(*) n, sum(quantity) q, sum(extended_price) r from events group by 1,2,3",
          List.of(Groups.Value.EXACT, Groups.Value.EXACT, Groups.Value.EXACT));

  private static final Query DISTINCT =
      new Query(
          BenchmarkViews.DISTINCT,
          "select ship_mode, floor(unix_millis(event_time)/86400000) d, count(*) n, approx_count_distinct(part_key, 0.0163) p from events group by 1,2",
          List.of(Groups.Value.EXACT, Groups.Value.ESTIMATE));

  private static final long DEFAULT_EVENTS = 20_000_000;
  private static final long EVENTS_A_DAY = 400_000;

  @Spec private CommandSpec spec;
  @Mixin private Bench.Options options;

  @Option(
      names = "--peers",
      required = true,
      hidden = true,
      description = "The folder of the peers.")
  private Path peers;

  @Option(names = "--no-check", description = "Leaves out TPC-H's query 1.")
  private boolean noCheck;

  @Option(
      names = "--no-incremental",
      description = "Leaves out what bench incremental measures, which comes last.")
  private boolean noIncremental;

  @Override
  public Integer call() throws Exception {
    Figures figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, () -> measure(figures));
  }

  private int measure(Figures figures) throws Exception {
    if (!noCheck && !PricingSummary.check(figures)) {
      return 1;
    }

    long wanted = options.events == 0 ? DEFAULT_EVENTS : options.events;
    Duration span = Duration.ofDays(Math.max(1, wanted / EVENTS_A_DAY));
    try (TestBed bed = TestBed.open()) {
      long sent =
          bed.send(
              new LineItems(
                  (double) wanted / LineItems.AT_SCALE_1,
                  Instant.parse("2024-01-01T00:00:00Z"),
                  span));

      ArchiveResult archived = bed.archive();
      figures.say(
          "%,d line items over %d days, archived in %.1f s: %d files, %,d MB",
          sent,
          span.toDays(),
          archived.duration().toMillis() / 1000.0,
          archived.files(),
          archived.bytes() >> 20);
      measure(bed, figures, sent);
    }

    if (!noIncremental) {
      IncrementalBench.measure(
          figures, IncrementalBench.DEFAULT_EVENTS, IncrementalBench.DEFAULT_TIMES, options.runs);
    }

    return 0;
  }

  private void measure(TestBed bed, Figures figures, long events) throws Exception {
    if (options.noPeer) {
      for (int run = 0; run <= options.runs; run++) {
        ours(bed, figures, BenchmarkViews.SUMS, events);
        ours(bed, figures, BenchmarkViews.DISTINCT, events);
      }
      return;
    }

    Path files = Files.createTempFile("files", ".txt");
    Files.write(files, paths(bed));
    try (Peer spark =
        Peer.start(
            peers.resolve("spark"),
            "SparkPeer",
            "4g",
            files.resolveSibling("spark.log"),
            List.of())) {
      for (int run = 0; run <= options.runs; run++) {
        pair(bed, spark, figures, SUMS, files, events);
        pair(bed, spark, figures, DISTINCT, files, events);
      }
    }

    figures.say(
        "batch-sum vs spark: %.2f",
        figures.speedup("ours " + BenchmarkViews.SUMS, "spark " + BenchmarkViews.SUMS));
    figures.say(
        "batch-distinct vs spark: %.2f",
        figures.speedup("ours " + BenchmarkViews.DISTINCT, "spark " + BenchmarkViews.DISTINCT));
  }

  private static void pair(
      TestBed bed, Peer spark, Figures figures, Query query, Path files, long events)
      throws Exception {
    long rows = ours(bed, figures, query.view(), events);
    Path answer = files.resolveSibling(query.view() + ".answer");
    String out = bed.config().hadoop().get("fs.defaultFS") + "/spark/" + query.view();
    Peer.Run theirs = spark.run("query %s %s %s %s".formatted(files, out, answer, query.sql()));
    figures.add("spark " + query.view(), theirs.seconds(), events);
    check(bed, query, Groups.of(Files.readAllLines(answer), query.values().size()));
    WrongAnswerException.check("Our " + query.view(), rows, theirs.rows());
  }

  /** Every group as Spark has it. */
  private static void check(TestBed bed, Query query, Groups expected) throws Exception {
    try (LambdaClient client = bed.layers().client()) {
      Answer answer = client.queryAll(query.view(), Instant.MIN, Instant.MAX, Incomplete.ALLOW);
      Groups.of(answer).check("Our " + query.view(), expected, query.values());
    }
  }

  private static long ours(TestBed bed, Figures figures, String view, long events)
      throws Exception {
    long started = System.nanoTime();
    Version version = bed.recomputeInFull(view);
    bed.layers().publish(view);
    figures.add("ours " + view, (System.nanoTime() - started) / 1e9, events);
    WrongAnswerException.check("Our " + view, version.events() + " events", events + " events");
    return version.rows();
  }

  private static List<String> paths(TestBed bed) throws Exception {
    MasterTable table = MasterTable.open(bed.config(), BenchmarkViews.LINE_ITEMS.topic());
    return table.contents().orElseThrow().files().stream().map(LiveFile::path).toList();
  }
}
