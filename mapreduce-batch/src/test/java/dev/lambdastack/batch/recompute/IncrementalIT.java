package dev.lambdastack.batch.recompute;

import static dev.lambdastack.batch.recompute.RecomputeIT.assertSame;
import static dev.lambdastack.batch.recompute.RecomputeIT.everything;
import static dev.lambdastack.batch.recompute.RecomputeIT.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.TableFileWriter;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.hadoop.HadoopOutputFile;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Versions that begin as copies of older ones, and versions of the past. */
@ExtendWith(Servers.Extension.class)
class IncrementalIT {
  private static final int STEPS = 5;

  /** A day of all kinds in one row: windows that most steps touch again. */
  private static View daily(Scene scene) {
    return View.named(scene.viewName() + "_daily")
        .over(scene.type(Sale.V1))
        .window(Duration.ofDays(1))
        .metric("events", Metric.count())
        .metric("users", Metric.distinct("user"))
        .expect(Rule.nullShare("coupon").atMost(0.01))
        .expect(Rule.metric("events").atLeast(20))
        .build();
  }

  /** What the rules of {@link #daily} find of all that was sent, in plain Java. */
  private static void assertJudged(Version version, List<Scene.Placed> sent) {
    Map<Long, Integer> days = new TreeMap<>();
    long day = Duration.ofDays(1).toMillis();
    sent.forEach(p -> days.merge(Math.floorDiv(p.sale().eventTime(), day), 1, Integer::sum));
    assertThat(version.origin().orElseThrow().rules())
        .extracting(RuleResult::checked, RuleResult::counted)
        .containsExactly(
            tuple((long) sent.size(), sent.stream().filter(p -> p.sale().coupon() == null).count()),
            tuple((long) days.size(), days.values().stream().filter(n -> n < 20).count()));
  }

  /** With rules about rows that some rows break, and others come to break or to meet. */
  private static View ruled(Scene scene) {
    return View.named(scene.viewName() + "_ruled")
        .over(scene.type(Sale.V1))
        .keyedBy("kind")
        .window(Duration.ofHours(1))
        .metric("events", Metric.count())
        .metric("quantity", Metric.sum("quantity"))
        .metric("users", Metric.distinct("user"))
        .expect(Rule.metric("quantity").atLeast(0))
        .expect(Rule.metric("events").between(3, 30))
        .expect(Rule.unique("user"))
        .build();
  }

  /** As many rows were judged and broke each rule as a look at all of them finds. */
  private static void assertRules(Connection connection, View view, Version version)
      throws Exception {
    List<RuleResult> all =
        RowRules.judge(view, connection, TableName.valueOf(version.table()), Optional.empty(), 0);
    List<RuleResult> found = version.origin().orElseThrow().rules();
    assertThat(found).hasSize(3);
    for (int i = 0; i < all.size(); i++) {
      RuleResult expected = all.get(i);
      RuleResult result = found.get(i);
      assertThat(result.checked()).isEqualTo(version.rows());
      assertThat(List.of(result.rule(), result.checked(), result.counted(), result.met()))
          .isEqualTo(
              List.of(expected.rule(), expected.checked(), expected.counted(), expected.met()));
      assertThat(result.examples().size())
          .isBetween(Math.min(1, (int) result.counted()), Math.min(5, (int) result.counted()));
    }
  }

  private static List<Scene.Placed> produce(Scene scene, Random random, int count, int hoursBack) {
    List<Scene.Placed> placed = new ArrayList<>();
    for (int p = 0; p < 3; p++) {
      List<Sale> sales =
          IntStream.range(0, random.nextInt(count))
              .mapToObj(
                  i -> Sale.random(random, scene.now() - random.nextInt(hoursBack * 60) * 60_000L))
              .toList();
      placed.addAll(scene.sendAll(p, sales, Sale.V1));
    }
    return placed;
  }

  /** All cells of a table, as they are: row key and value. */
  private static Map<String, String> cells(Connection connection, Version version)
      throws Exception {
    Map<String, String> cells = new TreeMap<>();
    try (Table table = connection.getTable(TableName.valueOf(version.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        assertThat(result.rawCells()).hasSize(1);
        cells.put(
            HexFormat.of().formatHex(result.getRow()), HexFormat.of().formatHex(result.value()));
      }
    }
    return cells;
  }

  /** Puts all files into one, sorted by event time, as a compaction does. */
  private static void compact(Scene scene) throws Exception {
    MasterTable table = scene.table();
    Contents contents = scene.contents();
    TableLayout layout = table.layout();
    List<Record> rows = scene.rows();
    rows.sort(Comparator.comparing(r -> (OffsetDateTime) r.getField("event_time")));

    Path folder = layout.folder("compacted-" + contents.snapshot(), Sale.V1);
    DataWriter<Record> writer =
        Parquet.writeData(HadoopOutputFile.fromPath(new Path(folder, "all.parquet"), scene.conf()))
            .schema(layout.schema())
            .withSpec(layout.mixed())
            .withSortOrder(layout.order())
            .setAll(layout.properties())
            .set(TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES, "20000")
            .metricsConfig(layout.metrics())
            .meta(TableFileWriter.PINNED, Fingerprints.of(Sale.V1))
            .createWriterFunc(GenericParquetWriter::create)
            .build();
    try (writer) {
      rows.forEach(writer::write);
    }

    Set<DataFile> replaced =
        contents.files().stream().map(LiveFile::file).collect(Collectors.toSet());
    assertThat(table.replace(contents, replaced, Set.of(writer.toDataFile()), "compaction"))
        .isTrue();
  }

  /**
   * Whatever comes, early, late or not at all, and however files are put together meanwhile: after
   * each step the tables hold what plain Java computes, and in the end, byte for byte, what one
   * full run computes. Then every moment of the past is computed again, from the compacted files.
   */
  @Test
  void anySequenceOfIncrementalRunsGivesTheCellsOfOneFullRun(Servers servers) throws Exception {
    long seed = Long.getLong("seed", 41);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = RecomputeIT.connect(scene)) {
      scene.conf().set(Pass.TASK_BYTES, "20000");
      View hourly = everything(scene.viewName(), scene.type(Sale.V1));
      View daily = daily(scene);
      View ruled = ruled(scene);
      List<String> names = List.of(hourly.name(), daily.name(), ruled.name());
      Recompute recompute =
          new Recompute(
              scene.config(), Views.of(List.of(hourly, daily, ruled)), Sale.SCHEMAS, scene.clock());
      List<Scene.Placed> sent = new ArrayList<>(produce(scene, random, 300, 12));
      List<Instant> moments = new ArrayList<>();
      List<List<Scene.Placed>> then = new ArrayList<>();
      List<Double> shares = new ArrayList<>();
      List<Recompute.Outcome> last = List.of();
      Recompute.Outcome increment = null;
      for (int step = 0; step < STEPS; step++) {
        scene.toEpochStart();
        scene.archive(Sale.V1).run(scene.topic());
        moments.add(scene.clock().instant());
        then.add(List.copyOf(sent));
        if (step == 2 || random.nextInt(3) == 0) {
          compact(scene);
        }
        List<Recompute.Plan> plans = recompute.plan(names, Recompute.Options.DEFAULT);
        long began = System.nanoTime();
        List<Recompute.Outcome> outcomes = recompute.run(names, Recompute.Options.DEFAULT);
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        for (int i = 0; i < names.size(); i++) {
          Recompute.Outcome outcome = outcomes.get(i);
          assertThat(plans.get(i).base()).isEqualTo(outcome.base());
          assertThat(plans.get(i).events()).isEqualTo(sent.size());
          assertThat(plans.get(i).isUpToDate()).isFalse();
          Duration said = outcome.version().origin().orElseThrow().duration();
          assertThat(said).isBetween(Duration.ofMillis(1), took);
          shares.add(said.toNanos() / (double) took.toNanos());
          assertThat(outcome.isNew()).isTrue();
          assertThat(outcome.version().events()).isEqualTo(sent.size());
          assertThat(outcome.version().rows())
              .isEqualTo(cells(connection, outcome.version()).size());
          if (step > 0) {
            assertThat(outcome.base()).hasValue(last.get(i).version());
          } else {
            assertThat(outcome.base()).isEmpty();
          }
        }
        assertSame(table(connection, outcomes.get(0).version()), everything(sent));
        assertJudged(outcomes.get(1).version(), sent);
        assertRules(connection, ruled, outcomes.get(2).version());
        last = outcomes;
        increment = step == 2 ? outcomes.get(2) : increment;
        // The last but one step brings nothing; others a few recent events, or late ones.
        if (step != STEPS - 2) {
          sent.addAll(produce(scene, random, 40, random.nextBoolean() ? 1 : 14));
        }
      }
      // This thread may have stood still after a run, but not after each.
      assertThat(shares).as("of each run what its version says").anyMatch(share -> share > 0.5);
      List<Recompute.Outcome> full = recompute.run(names, Recompute.Options.FULL);
      for (int i = 0; i < names.size(); i++) {
        assertThat(full.get(i).base()).isEmpty();
        assertThat(cells(connection, last.get(i).version()))
            .isEqualTo(cells(connection, full.get(i).version()));
        assertThat(last.get(i).version().rows()).isEqualTo(full.get(i).version().rows());
      }
      // Nothing was archived since.
      assertThat(recompute.run(names, Recompute.Options.DEFAULT))
          .allMatch(o -> !o.isNew())
          .extracting(Recompute.Outcome::version)
          .containsExactly(full.get(0).version(), full.get(1).version(), full.get(2).version());
      compact(scene);
      pastIsAsItWas(scene, connection, recompute, moments.get(1), then.get(1));
      assertThatThrownBy(
              () ->
                  recompute.run(
                      names, Recompute.Options.asOf(moments.get(0).minus(Duration.ofHours(1)))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing of topic " + scene.topic() + " was archived by then");
      assertThat(scene.everything().keySet()).noneMatch(f -> f.contains("/staging/"));
      rulesAreJudgedWhereTheBaseGoes(connection, ruled, increment);
    }
  }

  /**
   * The base may be cleaned up amid it: by then its regions are known, and it is a batch of gets.
   */
  private static void rulesAreJudgedWhereTheBaseGoes(
      Connection connection, View view, Recompute.Outcome increment) throws Exception {
    Version version = increment.version();
    Version base = increment.base().orElseThrow();
    TableName table = TableName.valueOf(version.table());
    long written = Cell.batchTimestamp(version.horizon().epoch(), version.epochLength());
    List<RuleResult> all = RowRules.judge(view, connection, table, Optional.empty(), 0);
    assertThat(RowRules.judge(view, connection, table, Optional.of(base), written))
        .hasSameSizeAs(all);
    try (Admin admin = connection.getAdmin()) {
      ViewTables.drop(admin, TableName.valueOf(base.table()));
    }
    assertThat(RowRules.judge(view, connection, table, Optional.of(base), written)).isEqualTo(all);
  }

  private static void pastIsAsItWas(
      Scene scene,
      Connection connection,
      Recompute recompute,
      Instant moment,
      List<Scene.Placed> sent)
      throws Exception {
    String view = scene.viewName();
    List<Version> before = new PublishedTable(connection).catalog().versions(view);
    Version past = recompute.run(List.of(view), Recompute.Options.asOf(moment)).get(0).version();
    assertSame(table(connection, past), everything(sent));
    assertThat(past.events()).isEqualTo(sent.size());
    assertThat(past.rows()).isEqualTo(everything(sent).size());
    // No verb that publishes knows it.
    assertThat(new PublishedTable(connection).catalog().versions(view)).isEqualTo(before);
    Publish publish = new Publish(scene.config(), scene.clock());
    assertThatThrownBy(() -> publish.publish(view, OptionalLong.of(past.number())))
        .isInstanceOf(InvalidInputException.class);
    try (LambdaClient client = LambdaClient.over(connection, scene.config(), scene.clock())) {
      Answer answer =
          client.queryAllOfVersion(view, past.number(), Instant.EPOCH, scene.clock().instant());
      assertThat(answer.rows()).hasSize(everything(sent).size());
      assertThat(answer.rows().stream().mapToLong(MergedRow::events).sum()).isEqualTo(sent.size());
      assertThat(answer.speedEvents()).isZero();
      assertThat(answer.complete()).isTrue();
      assertThat(answer.provenance().version()).hasValue(past);
      assertThat(answer.provenance().freshness())
          .isEqualTo(past.horizon().instant(past.epochLength()));
      MergedRow row = answer.rows().get(0);
      assertThat(
              client
                  .queryVersion(
                      view, past.number(), row.key(), row.start(), row.start().plusMillis(1))
                  .rows())
          .containsExactly(row);
      assertThatThrownBy(
              () -> client.queryAllOfVersion(view, 99, Instant.EPOCH, scene.clock().instant()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("has no complete version 99");
    }
  }

  /** Another declaration, another schema: the old cells say nothing then. */
  @Test
  void computesAllWhereTheDeclarationOrTheSchemaChanged(Servers servers) throws Exception {
    Random random = new Random(42);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = RecomputeIT.connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sent = new ArrayList<>(produce(scene, random, 60, 12));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      assertThat(planned(scene, view).whyFull()).isEqualTo("there is no version yet");
      recompute(scene, view).run(scene.viewName());
      assertThat(planned(scene, view).isUpToDate()).isTrue();
      sent.addAll(produce(scene, random, 60, 12));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      View other =
          View.named(scene.viewName())
              .over(scene.type(Sale.V1))
              .keyedBy("kind")
              .window(Duration.ofHours(1))
              .metric("events", Metric.count())
              .build();
      assertThat(planned(scene, other).whyFull()).contains("of the declaration");
      assertThat(outcome(scene, other).base()).isEmpty();
      View pinned = everything(scene.viewName(), scene.type(Sale.V2));
      assertThat(pinned.fingerprint()).isEqualTo(view.fingerprint());
      assertThat(planned(scene, pinned).whyFull()).contains("of another schema");
      Recompute.Outcome outcome = outcome(scene, pinned);
      assertThat(outcome.base()).isEmpty();
      assertSame(table(connection, outcome.version()), everything(sent));
      // The first one is still there to begin from.
      assertThat(outcome(scene, view).base().orElseThrow().number()).isEqualTo(1);
    }
  }

  /**
   * What the archive took by one pinned schema, a later one may reject: such rows are passed over,
   * as the speed layer passes over the record, and counted, in full runs, increments and versions
   * of the past.
   */
  @Test
  void whatALaterPinRejectsIsPassedOverAndCounted(Servers servers) throws Exception {
    long seed = 43;
    Random random = new Random(seed);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = RecomputeIT.connect(scene)) {
      scene.conf().set(Pass.TASK_BYTES, "20000");
      List<Scene.Placed> sent = new ArrayList<>(unruly(scene, random, 60));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Instant moment = scene.clock().instant();
      List<Scene.Placed> first = List.copyOf(sent);
      View view = everything(scene.viewName(), scene.type(Sale.V2));
      Recompute.Outcome full = outcome(scene, view);
      assertHolds(scene, connection, full.version(), first);
      // An old archive job goes on; then nothing comes but what the pin rejects.
      for (int step = 0; step < 2; step++) {
        sent.addAll(step == 0 ? unruly(scene, random, 40) : List.of(tooLong(scene, random)));
        scene.toEpochStart();
        scene.archive(Sale.V1).run(scene.topic());
        Recompute.Outcome more = outcome(scene, view);
        assertThat(more.base()).isPresent();
        assertHolds(scene, connection, more.version(), sent);
      }
      compact(scene);
      View daily =
          View.named(scene.viewName() + "_daily")
              .over(scene.type(Sale.V2))
              .window(Duration.ofDays(1))
              .metric("events", Metric.count())
              .build();
      // One view begins from what it has, the other is new: one pass, the same count.
      sent.addAll(unruly(scene, random, 20));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      List<Recompute.Outcome> both =
          new Recompute(scene.config(), Views.of(List.of(view, daily)), Sale.SCHEMAS, scene.clock())
              .run(List.of(view.name(), daily.name()), Recompute.Options.DEFAULT);
      assertThat(both.get(0).base()).isPresent();
      assertHolds(scene, connection, both.get(0).version(), sent);
      assertThat(both.get(1).version().rejected()).isEqualTo(both.get(0).version().rejected());
      Version past =
          recompute(scene, view)
              .run(List.of(view.name()), Recompute.Options.asOf(moment))
              .get(0)
              .version();
      assertHolds(scene, connection, past, first);
      // What is archived was taken by another setting, which its runs say.
      scene.conf().set("lambda.event-time.min", scene.clock().instant().toString());
      Version anew =
          recompute(scene, view).run(List.of(view.name()), Recompute.Options.FULL).get(0).version();
      assertHolds(scene, connection, anew, sent);
    }
  }

  private static List<Scene.Placed> unruly(Scene scene, Random random, int count) {
    List<Scene.Placed> placed = produce(scene, random, count, 12);
    for (int p = 0; p < 3; p++) {
      Sale sale = Sale.random(random, scene.now() - 1_000);
      placed.add(scene.send(p, sale, Sale.V2));
      placed.add(tooLong(scene, random));
    }
    return placed;
  }

  private static Scene.Placed tooLong(Scene scene, Random random) {
    Sale sale = Sale.random(random, scene.now() - 2_000).withNote("n".repeat(16_000));
    return scene.send(random.nextInt(3), sale, Sale.V2);
  }

  /** Exactly the rows that the speed layer's decoder takes, as plain Java computes them. */
  private static void assertHolds(
      Scene scene, Connection connection, Version version, List<Scene.Placed> sent)
      throws Exception {
    List<Scene.Placed> taken =
        sent.stream()
            .filter(p -> p.sale().note() == null || p.sale().note().length() < 16_000)
            .toList();
    EventDecoder speed =
        new EventDecoder(
            Sale.SCHEMAS, scene.type(Sale.V2), List.of(), scene.runs().get(0).eventTimeMin());
    long rejected =
        scene.delivered().stream()
            .filter(r -> r.offset() < version.horizon().offsets().get(r.partition()))
            .filter(r -> r.headers().lastHeader("lambda-tick") == null)
            .map(r -> speed.decode(r.value(), r.partition(), r.offset(), r.timestamp()))
            .filter(Rejection.class::isInstance)
            .count();
    assertThat(rejected).isEqualTo(sent.size() - taken.size()).isPositive();
    assertThat(version.rejected()).isEqualTo(rejected);
    assertThat(version.events()).isEqualTo(sent.size());
    assertSame(table(connection, version), everything(taken));
  }

  private static Recompute recompute(Scene scene, View view) {
    return new Recompute(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock());
  }

  private static Recompute.Plan planned(Scene scene, View view) throws Exception {
    return recompute(scene, view).plan(List.of(view.name()), Recompute.Options.DEFAULT).get(0);
  }

  private static Recompute.Outcome outcome(Scene scene, View view) throws Exception {
    return recompute(scene, view).run(List.of(view.name()), Recompute.Options.DEFAULT).get(0);
  }
}
