package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Condition;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Servers.Extension.class)
public class RecomputeIT {
  private static final Duration HOUR = Duration.ofHours(1);

  /** Every kind of metric over every type of column. */
  public static View everything(String name, EventType type) {
    return View.named(name)
        .over(type)
        .keyedBy("kind", "user")
        .window(HOUR)
        .metric("events", Metric.count())
        .metric("amount", Metric.sum("amount"))
        .metric("quantity", Metric.avg("quantity", 3, RoundingMode.HALF_UP))
        .metric("tips", Metric.sum("tip"))
        .metric("least_weight", Metric.min("weight"))
        .metric("greatest_amount", Metric.max("amount"))
        .metric("coupons", Metric.distinct("coupon"))
        .metric("last_coupon", Metric.latest("coupon"))
        .metric("last_paid", Metric.latest("paid"))
        .build();
  }

  /** The same from the sales, in plain Java. */
  public static Map<List<Object>, Map<String, Object>> everything(List<Scene.Placed> sales) {
    Map<List<Object>, List<Scene.Placed>> groups = new LinkedHashMap<>();
    for (Scene.Placed placed : sales) {
      Sale s = placed.sale();
      groups
          .computeIfAbsent(List.of(s.kind(), s.user(), hour(s)), k -> new ArrayList<>())
          .add(placed);
    }
    Map<List<Object>, Map<String, Object>> expected = new LinkedHashMap<>();
    groups.forEach((key, group) -> expected.put(key, row(group)));
    return expected;
  }

  private static Map<String, Object> row(List<Scene.Placed> group) {
    List<Sale> sales = group.stream().map(Scene.Placed::sale).toList();
    Map<String, Object> row = new TreeMap<>();
    row.put("events", (long) sales.size());
    row.put("amount", sales.stream().map(Sale::amount).reduce(BigDecimal.ZERO, BigDecimal::add));
    long quantity = sales.stream().mapToLong(Sale::quantity).sum();
    row.put(
        "quantity",
        BigDecimal.valueOf(quantity)
            .divide(BigDecimal.valueOf(sales.size()), 3, RoundingMode.HALF_UP));
    row.put(
        "tips",
        sales.stream()
            .map(Sale::tip)
            .filter(Objects::nonNull)
            .reduce(BigDecimal::add)
            .orElse(null));
    row.put(
        "least_weight",
        sales.stream()
            .map(Sale::weight)
            .filter(Objects::nonNull)
            .min(Comparator.naturalOrder())
            .orElse(null));
    row.put(
        "greatest_amount",
        sales.stream().map(Sale::amount).max(Comparator.naturalOrder()).orElseThrow());
    row.put(
        "coupons", sales.stream().map(Sale::coupon).filter(Objects::nonNull).distinct().count());
    Comparator<Scene.Placed> byTime =
        Comparator.comparingLong((Scene.Placed p) -> p.sale().eventTime())
            .thenComparingInt(Scene.Placed::partition)
            .thenComparingLong(Scene.Placed::offset);
    row.put(
        "last_coupon",
        group.stream()
            .filter(p -> p.sale().coupon() != null)
            .max(byTime)
            .map(p -> p.sale().coupon())
            .orElse(null));
    row.put(
        "last_paid",
        group.stream()
            .filter(p -> p.sale().paid() != null)
            .max(byTime)
            .map(p -> p.sale().paid())
            .orElse(null));
    return row;
  }

  private static Instant hour(Sale sale) {
    return Instant.ofEpochMilli(Math.floorDiv(sale.eventTime(), HOUR.toMillis()) * HOUR.toMillis());
  }

  /** What stands in the version's table, by key and window start. */
  public static Map<List<Object>, Map<String, Object>> table(Connection connection, Version version)
      throws Exception {
    Map<List<Object>, Map<String, Object>> rows = new LinkedHashMap<>();
    try (Table table = connection.getTable(TableName.valueOf(version.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        assertThat(result.rawCells()).hasSize(1);
        assertThat(result.rawCells()[0].getTimestamp())
            .isLessThanOrEqualTo(
                Cell.batchTimestamp(version.horizon().epoch(), version.epochLength()));
        List<Object> key = new ArrayList<>(RowKey.key(version.shape(), result.getRow()));
        key.add(Instant.ofEpochMilli(RowKey.windowStart(result.getRow())));
        Map<String, Object> before =
            rows.put(
                key,
                new TreeMap<>(
                    version
                        .shape()
                        .decode(result.getValue(Cell.batchFamily(), Cell.batchQualifier()))
                        .values()));
        assertThat(before).isNull();
      }
    }
    return rows;
  }

  public static void assertSame(
      Map<List<Object>, Map<String, Object>> found,
      Map<List<Object>, Map<String, Object>> expected) {
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    expected.forEach(
        (key, row) ->
            row.forEach(
                (metric, value) ->
                    assertThat(comparable(found.get(key).get(metric)))
                        .as("%s of %s", metric, key)
                        .isEqualTo(comparable(value))));
  }

  private static Object comparable(Object value) {
    return value instanceof BigDecimal decimal ? decimal.stripTrailingZeros() : value;
  }

  private static List<Scene.Placed> produce(Scene scene, Random random, int count, Schema writer) {
    List<Scene.Placed> placed = new ArrayList<>();
    for (int p = 0; p < 3; p++) {
      placed.addAll(
          scene.sendAll(
              p,
              IntStream.range(0, count)
                  .mapToObj(i -> Sale.random(random, someTime(random, scene)))
                  .toList(),
              writer));
    }
    return placed;
  }

  /** Over half a day; many events have the same time. */
  private static long someTime(Random random, Scene scene) {
    return scene.now() - random.nextInt(120) * 360_000L;
  }

  private static Recompute recompute(Scene scene, View view) {
    // Several tasks, whose aggregates of one key meet in the reducers.
    scene.conf().set(Pass.TASK_BYTES, "20000");
    return new Recompute(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock());
  }

  public static Connection connect(Scene scene) {
    return HBaseConnector.connect(LambdaConfig.of(scene.conf()));
  }

  @Test
  void everyMetricIsWhatPlainJavaComputes(Servers servers) throws Exception {
    long seed = 21;
    Random random = new Random(seed);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      scene.conf().set("lambda.archive.split-records", "700");
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sales = produce(scene, random, 1_000, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      List<Scene.Placed> late = produce(scene, random, 300, Sale.V1);
      Version first = recompute(scene, view).run(scene.viewName());
      assertSame(table(connection, first), everything(sales));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      // Not yet archived, so not in the version.
      produce(scene, random, 10, Sale.V1);
      long started = System.nanoTime();
      Version second = recompute(scene, view).run(scene.viewName());
      System.out.printf("recompute took %.1f s%n", (System.nanoTime() - started) / 1e9);
      List<Scene.Placed> both = new ArrayList<>(sales);
      both.addAll(late);
      assertSame(table(connection, second), everything(both));
      assertThat(second.number()).isEqualTo(2);
      assertThat(second.events()).isEqualTo(3_900);
      assertThat(second.rows()).isEqualTo(everything(both).size());
      assertThat(second.run()).isEqualTo(2);
      assertThat(second.runDigest()).isEqualTo(scene.runs().get(1).digest());
      assertThat(second.horizon()).isEqualTo(scene.runs().get(1).horizon());
      assertThat(new PublishedTable(connection).catalog().versions(scene.viewName()))
          .containsExactly(first, second);
      // What was computed before stays as it was.
      assertSame(table(connection, first), everything(sales));
      assertThat(scene.everything().keySet()).noneMatch(f -> f.contains("/staging/"));
    }
  }

  @Test
  void spillingGivesTheSameCells(Servers servers) throws Exception {
    Random random = new Random(22);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sales = produce(scene, random, 9_000, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      scene.conf().set("lambda.recompute.memory", "1");
      scene.conf().set("lambda.regions", "1");
      Version version = recompute(scene, view).run(scene.viewName());
      assertSame(table(connection, version), everything(sales));
    }
  }

  @Test
  void filtersAndDerivedColumnsReadWhatTheyDeclare(Servers servers) throws Exception {
    Random random = new Random(23);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view =
          View.named(scene.viewName())
              .over(scene.type(Sale.V1))
              .where("kind", Condition.is("buy"))
              .keyedBy("paid_text")
              .window(HOUR)
              .derived(
                  new Column("paid_text", ColumnType.STRING, 0, false),
                  1,
                  List.of("paid"),
                  row -> row.isNull(0) ? "unknown" : row.longAt(0) == 1 ? "yes" : "no")
              .metric("quantity", Metric.sum("quantity"))
              .build();
      List<Scene.Placed> sales = produce(scene, random, 500, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Version version = recompute(scene, view).run(scene.viewName());
      Map<List<Object>, Map<String, Object>> expected = new LinkedHashMap<>();
      for (Scene.Placed placed : sales) {
        Sale sale = placed.sale();
        if (sale.kind().equals("buy")) {
          String paid = sale.paid() == null ? "unknown" : sale.paid() ? "yes" : "no";
          expected
              .computeIfAbsent(List.of(paid, hour(sale)), k -> new TreeMap<>())
              .merge(
                  "quantity",
                  BigDecimal.valueOf(sale.quantity()),
                  (a, b) -> ((BigDecimal) a).add((BigDecimal) b));
        }
      }
      assertSame(table(connection, version), expected);
    }
  }

  @Test
  void versionsSayWhatTheirRulesFound(Servers servers) throws Exception {
    Random random = new Random(28);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view =
          View.named(scene.viewName())
              .over(scene.type(Sale.V1))
              .where("kind", Condition.is("buy"))
              .keyedBy("user")
              .window(HOUR)
              .metric("quantity", Metric.sum("quantity"))
              .metric("ids", Metric.distinct("id"))
              .expect(Rule.nullShare("coupon").atMost(0.01))
              .expect(Rule.share("amount", Condition.atLeast(-10_000)).atLeast(1))
              .expect(Rule.metric("quantity").atLeast(0))
              .expect(Rule.unique("id"))
              .build();
      List<Scene.Placed> sales = produce(scene, random, 500, Sale.V1);
      Sale twice =
          sales.stream()
              .map(Scene.Placed::sale)
              .filter(s -> s.kind().equals("buy"))
              .findFirst()
              .orElseThrow();
      sales.add(scene.send(1, twice, Sale.V1));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Version version = recompute(scene, view).run(scene.viewName());
      List<Sale> counted =
          sales.stream().map(Scene.Placed::sale).filter(s -> s.kind().equals("buy")).toList();
      Map<List<Object>, Integer> quantities = new LinkedHashMap<>();
      counted.forEach(
          s -> quantities.merge(List.of(s.user(), hour(s)), s.quantity(), Integer::sum));
      Origin origin = version.origin().orElseThrow();
      assertThat(origin.user()).isNotEmpty();
      assertThat(origin.duration()).isPositive();
      assertThat(origin.rules())
          .extracting(RuleResult::checked, RuleResult::counted, RuleResult::met)
          .containsExactly(
              tuple(
                  (long) counted.size(),
                  counted.stream().filter(s -> s.coupon() == null).count(),
                  false),
              tuple((long) counted.size(), (long) counted.size(), true),
              tuple(version.rows(), quantities.values().stream().filter(q -> q < 0).count(), false),
              tuple(version.rows(), 1L, false));
      assertThat(origin.rules().get(3).examples())
          .singleElement()
          .asString()
          .contains(twice.user() + ", " + hour(twice) + ": ", "different id");
      assertThat(new PublishedTable(connection).catalog().versions(scene.viewName()))
          .containsExactly(version);
    }
  }

  private static View byNote(String name, EventType type) {
    return View.named(name)
        .over(type)
        .keyedBy("note")
        .window(Duration.ofDays(1))
        .metric("quantity", Metric.sum("quantity"))
        .build();
  }

  /**
   * Archived under version 1 of the schema, which has no note; then readers are pinned to version
   * 2. What its producers sent as version 2 must come back, what they sent as version 1 has the
   * default.
   */
  @Test
  void aLaterPinSeesWhatNewerProducersHadSent(Servers servers) throws Exception {
    Random random = new Random(24);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      List<Sale> sales = new ArrayList<>();
      produce(scene, random, 40, Sale.V1)
          .forEach(p -> sales.add(p.sale().withNote(Sale.DEFAULT_NOTE)));
      produce(scene, random, 60, Sale.V2).forEach(p -> sales.add(p.sale()));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      produce(scene, random, 30, Sale.V1)
          .forEach(p -> sales.add(p.sale().withNote(Sale.DEFAULT_NOTE)));
      produce(scene, random, 20, Sale.V2).forEach(p -> sales.add(p.sale()));
      scene.toEpochStart();
      new Archive(
              scene.config(),
              Views.of(List.of(byNote(scene.viewName(), scene.type(Sale.V2)))),
              Sale.SCHEMAS,
              scene.clock())
          .run(scene.topic());
      assertThat(scene.runs().get(0).pinned()).isEqualTo(Fingerprints.of(Sale.V1));
      assertThat(scene.runs().get(1).pinned()).isEqualTo(Fingerprints.of(Sale.V2));
      Version version =
          recompute(scene, byNote(scene.viewName(), scene.type(Sale.V2))).run(scene.viewName());
      Map<List<Object>, Map<String, Object>> expected = new LinkedHashMap<>();
      long day = Duration.ofDays(1).toMillis();
      for (Sale sale : sales) {
        Instant start = Instant.ofEpochMilli(Math.floorDiv(sale.eventTime(), day) * day);
        expected
            .computeIfAbsent(List.of(sale.note(), start), k -> new TreeMap<>())
            .merge(
                "quantity",
                BigDecimal.valueOf(sale.quantity()),
                (a, b) -> ((BigDecimal) a).add((BigDecimal) b));
      }
      assertThat(version.events()).isEqualTo(450);
      assertSame(table(connection, version), expected);
      Set<Object> notes = new HashSet<>();
      expected.keySet().forEach(k -> notes.add(k.get(0)));
      assertThat(notes).contains(Sale.DEFAULT_NOTE, "note-0", "note-4");
    }
  }

  @Test
  void nothingIsLeftOfARecomputeThatFails(Servers servers) throws Exception {
    Random random = new Random(25);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      produce(scene, random, 50, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      LiveFile lost = scene.contents().files().get(0);
      Path path = new Path(lost.path());
      FileSystem fileSystem = path.getFileSystem(scene.conf());
      Path away = new Path(path.getParent(), "away");
      assertThat(fileSystem.rename(path, away)).isTrue();
      assertThatThrownBy(() -> recompute(scene, view).run(scene.viewName()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(lost.path() + " is missing, which its table lists");
      // Cut off in the middle.
      byte[] half = new byte[(int) (lost.lengthBytes() / 2)];
      try (var in = fileSystem.open(away);
          var out = fileSystem.create(path)) {
        in.readFully(half);
        out.write(half);
      }
      assertThatThrownBy(() -> recompute(scene, view).run(scene.viewName()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              String.format(
                  Locale.ROOT, "expected %d bytes, found %d", lost.lengthBytes(), half.length));
      fileSystem.delete(path, false);
      assertThat(new PublishedTable(connection).catalog().versions(scene.viewName())).isEmpty();
      try (var admin = connection.getAdmin()) {
        assertThat(admin.tableExists(ViewTables.batch(scene.viewName(), 1))).isFalse();
      }
      assertThat(scene.everything().keySet()).noneMatch(f -> f.contains("/staging/"));
      assertThat(fileSystem.rename(away, path)).isTrue();
      assertThat(recompute(scene, view).run(scene.viewName()).number()).isEqualTo(1);
    }
  }

  /** A file that no snapshot names is none of the dataset's, wherever it lies. */
  @Test
  void orphansAreNotRead(Servers servers) throws Exception {
    Random random = new Random(26);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sales = produce(scene, random, 50, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Path file = new Path(scene.contents().files().get(0).path());
      FileSystem fileSystem = file.getFileSystem(scene.conf());
      org.apache.hadoop.fs.FileUtil.copy(
          fileSystem,
          file,
          fileSystem,
          new Path(file.getParent(), "orphan.parquet"),
          false,
          scene.conf());
      assertSame(
          table(connection, recompute(scene, view).run(scene.viewName())), everything(sales));
    }
  }

  @Test
  void anArchiveWithoutEventsMakesAnEmptyVersion(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, 2);
        Connection connection = connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      scene.archive(Sale.V1).run(scene.topic());
      Version version = recompute(scene, view).run(scene.viewName());
      assertThat(version.rows()).isZero();
      assertThat(table(connection, version)).isEmpty();
    }
  }

  @Test
  void saysThatNothingIsArchived(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, 1)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      assertThatThrownBy(() -> recompute(scene, view).run(scene.viewName()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing of topic " + scene.topic() + " is archived");
      assertThatThrownBy(() -> recompute(scene, view).run("other"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("No view 'other'");
    }
  }

  @Test
  void saysThatHBaseIsAway(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      scene.archive(Sale.V1).run(scene.topic());
      scene.conf().setInt("hbase.zookeeper.property.clientPort", 1);
      scene.conf().setInt("zookeeper.session.timeout", 2_000);
      assertThatThrownBy(() -> recompute(scene, view).run(scene.viewName()))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("Cannot reach HBase");
    }
  }

  @Test
  void publishesTheNewestAndGoesBack(Servers servers) throws Exception {
    Random random = new Random(27);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = connect(scene)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      PublishedTable store = new PublishedTable(connection);
      Publish publish = new Publish(scene.config(), scene.clock());
      assertThatThrownBy(() -> publish.run(scene.viewName()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("has no complete version");
      produce(scene, random, 20, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Version first = recompute(scene, view).run(scene.viewName());
      assertThat(store.pointer().read(scene.viewName())).isEmpty();
      PublishedRow row = publish.run(scene.viewName());
      assertThat(row.version()).hasValue(first);
      assertThat(row.flips()).isEqualTo(1);
      assertThat(store.pointer().read(scene.viewName()).orElseThrow().row()).isEqualTo(row);
      Flip again = publish.publish(scene.viewName(), OptionalLong.empty());
      assertThat(again.isChanged()).isFalse();
      assertThat(store.pointer().read(scene.viewName()).orElseThrow().row()).isEqualTo(row);
      produce(scene, random, 20, Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Version second = recompute(scene, view).run(scene.viewName());
      assertThat(publish.run(scene.viewName()).version()).hasValue(second);
      assertThatThrownBy(() -> publish.publish(scene.viewName(), OptionalLong.of(1)))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining("lies before");
      assertThatThrownBy(() -> publish.rollback(scene.viewName(), 7))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("has no complete version 7; it has [1, 2]");
      Flip back = publish.rollback(scene.viewName(), 1);
      assertThat(back.before().orElseThrow().version()).hasValue(second);
      assertThat(store.pointer().read(scene.viewName()).orElseThrow().row().version())
          .hasValue(first);
      assertThat(store.pointer().read(scene.viewName()).orElseThrow().row().flips()).isEqualTo(3);
    }
  }
}
