package dev.lambdastack.batch.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Servers.Extension.class)
class PublishIT {
  private static final int PARTITIONS = 2;

  private static View view(Scene scene, Rule... rules) {
    View.Builder view =
        View.named(scene.viewName())
            .over(scene.type(Sale.V1))
            .keyedBy("kind")
            .window(Duration.ofHours(1))
            .metric("sales", Metric.count())
            .metric("quantity", Metric.sum("quantity"))
            .metric("users", Metric.distinct("user"))
            .metric("last_user", Metric.latest("user"));
    for (Rule rule : rules) {
      view.expect(rule);
    }
    return view.build();
  }

  private static List<Scene.Placed> produce(Scene scene, Random random, int count) {
    List<Scene.Placed> placed = new ArrayList<>();
    for (int p = 0; p < PARTITIONS; p++) {
      placed.addAll(
          scene.sendAll(
              p,
              IntStream.range(0, count)
                  .mapToObj(i -> Sale.random(random, scene.now() - random.nextInt(6) * 3_600_000L))
                  .toList(),
              Sale.V1));
    }
    return placed;
  }

  private static Version archiveAndRecompute(Scene scene, View view) throws Exception {
    scene.toEpochStart();
    scene.archive(Sale.V1).run(scene.topic());
    return new Recompute(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock())
        .run(scene.viewName());
  }

  /** A sale as the view reads it. */
  private static Row row(List<String> columns, Scene.Placed placed) {
    Map<String, Object> values =
        Map.of(
            "kind", placed.sale().kind(),
            "quantity", (long) placed.sale().quantity(),
            "user", placed.sale().user());
    return new Row() {
      @Override
      public boolean isNull(int column) {
        return false;
      }

      @Override
      public long longAt(int column) {
        return (Long) values.get(columns.get(column));
      }

      @Override
      public double doubleAt(int column) {
        throw new UnsupportedOperationException();
      }

      @Override
      public byte[] utf8At(int column) {
        return ((String) values.get(columns.get(column))).getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public long eventTime() {
        return placed.sale().eventTime();
      }

      @Override
      public int partition() {
        return placed.partition();
      }

      @Override
      public long offset() {
        return placed.offset();
      }
    };
  }

  /** A speed layer: one generation, opened at a version's horizon. */
  private record Speed(Scene scene, View view, Connection connection, Generation generation) {
    static Speed open(Scene scene, View view, Connection connection, Version from)
        throws Exception {
      return open(scene, view, connection, from.horizon().epoch(), from.horizon());
    }

    static Speed open(Scene scene, View view, Connection connection, long coverage, Horizon first)
        throws Exception {
      PublishedTable store = new PublishedTable(connection);
      Generation generation =
          store
              .catalog()
              .openGeneration(
                  view.name(),
                  number ->
                      new Generation(
                          number,
                          ViewTables.speed(view.name(), number).getNameAsString(),
                          view.fingerprint(),
                          view.shape(),
                          "life",
                          coverage,
                          first.epoch(),
                          first.offsets(),
                          Scene.EPOCH,
                          Duration.ofDays(7),
                          scene.clock().instant()));
      try (Admin admin = connection.getAdmin()) {
        ViewTables.createSpeed(admin, generation, 2);
      }
      return new Speed(scene, view, connection, generation);
    }

    /** Writes the totals of an epoch. */
    void write(long epoch, List<Scene.Placed> sales) throws Exception {
      BoundView bound = view.bind(view.columns());
      Map<ByteBuffer, Aggregate> totals = new TreeMap<>();
      for (Scene.Placed sale : sales) {
        if (bound.accepts(PublishIT.row(view.columns(), sale))) {
          bound.addTo(
              totals.computeIfAbsent(
                  ByteBuffer.wrap(bound.rowKey()), k -> view.shape().emptyAggregate()));
        }
      }
      List<Put> puts = new ArrayList<>();
      totals.forEach(
          (key, total) ->
              puts.add(
                  new Put(key.array())
                      .addColumn(
                          Cell.speedFamily(),
                          Cell.speedQualifier(epoch),
                          Cell.speedTimestamp(epoch, Scene.EPOCH, total.events()),
                          total.toBytes())));
      try (Table table = connection.getTable(TableName.valueOf(generation.table()))) {
        table.put(puts);
      }
    }

    void appliedTo(Version version) throws Exception {
      new PublishedTable(connection)
          .progress()
          .put(
              view.name(),
              generation.number(),
              version.horizon().offsets().entrySet().stream()
                  .collect(
                      Collectors.toMap(
                          Map.Entry::getKey,
                          e -> new Progress.Applied(e.getValue(), scene.now()))));
    }
  }

  private static List<String> states(Scene scene) throws Exception {
    return new Versions(scene.config())
        .of(scene.viewName()).stream().map(v -> v.version().number() + " " + v.state()).toList();
  }

  private static boolean exists(Connection connection, String table) throws Exception {
    try (Admin admin = connection.getAdmin()) {
      return admin.tableExists(TableName.valueOf(table));
    }
  }

  private static List<String> lines(Flip flip) {
    return flip.report().orElseThrow().lines();
  }

  /** From the first version to the last clean-up: everything an operator does with versions. */
  @Test
  void whatTheGateHoldsWaitsAndWhatIsOldGoes(Servers servers) throws Exception {
    long seed = 31;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS);
        Connection connection = HBaseConnector.connect(scene.config())) {
      scene.conf().set("lambda.clock-skew", "0ms");
      scene.conf().set("lambda.versions.keep", "2");
      scene.conf().set("lambda.read.timeout", "10m");
      PublishedTable store = new PublishedTable(connection);
      View view = view(scene);
      String name = scene.viewName();
      produce(scene, random, 200);
      Scene.Placed old = scene.send(0, Sale.random(random, scene.now() - 900_000_000L), Sale.V1);
      Version first = archiveAndRecompute(scene, view);
      // HBase's clock says when a version stopped answering.
      Clock clock = Clock.systemUTC();
      Publish publish = new Publish(scene.config(), clock);
      assertThat(states(scene)).containsExactly("1 candidate");
      assertThat(lines(publish.publish(name, OptionalLong.empty())))
          .contains("drift: not looked for: no version answers yet");

      // The two layers agree.
      Speed speed = Speed.open(scene, view, connection, first);
      List<Scene.Placed> more = produce(scene, random, 100);
      speed.write(first.horizon().epoch(), more.subList(0, 50));
      speed.write(first.horizon().epoch() + 1, more.subList(50, 200));
      scene.toEpochStart();
      Version second = archiveAndRecompute(scene, view);
      assertThat(lines(new Publish(withoutDrift(scene), clock).publish(name, one(2))))
          .contains("drift: not looked for (lambda.gate.drift=false)");
      publish.rollback(name, 1);
      assertThat(publish.publish(name, OptionalLong.empty()).isChanged())
          .as("what was rolled back from comes back by its number alone")
          .isFalse();
      speed.appliedTo(second);
      assertThat(lines(publish.publish(name, one(2))))
          .contains(
              String.format(
                  Locale.ROOT,
                  "drift: 0 of %d rows differ from version 1 and the cells of speed generation 1 between the horizons",
                  second.rows()));

      // The speed layer has missed an event of a row, and all of another one; and it has counted
      // an event that is in no log, in a row that the batch layer has not looked at again.
      List<Scene.Placed> last = produce(scene, random, 100);
      Scene.Placed alone = scene.send(0, Sale.random(random, scene.now() - 90_000_000L), Sale.V1);
      List<Scene.Placed> seen = new ArrayList<>(last.subList(1, last.size()));
      seen.add(new Scene.Placed(old.sale(), 0, 1_000_000));
      speed.write(second.horizon().epoch(), seen);
      scene.toEpochStart();
      Version third = archiveAndRecompute(scene, view);
      speed.appliedTo(third);
      Publish.Plan plan = publish.plan(name);
      assertThat(states(scene)).last().isEqualTo("3 candidate");
      HeldException held =
          catchThrowableOfType(
              HeldException.class, () -> publish.publish(name, OptionalLong.empty()));
      assertThat(plan.report()).hasValue(held.report());
      assertThat(held)
          .hasMessage(
              "Version 3 of view %s is held: drift; look at it, then lambda publish %s --version 3 --force, or lambda discard %s 3"
                  .formatted(name, name, name));
      assertThat(held.report().lines())
          .first()
          .asString()
          .startsWith(String.format(Locale.ROOT, "drift: HELD: 3 of %d rows differ", third.rows()));
      assertThat(held.report().lines())
          .anyMatch(
              l -> l.contains(alone.sale().kind() + ", ") && l.contains("missing in version 2"))
          .anyMatch(l -> l.contains("version 3 has 1 events, version 2 and speed have 2"))
          .anyMatch(
              l ->
                  l.contains(last.get(0).sale().kind() + ", ")
                      && l.contains("; quantity ")
                      && l.contains(", version 2 and speed have "));
      assertThat(states(scene)).containsExactly("1 kept", "2 published", "3 held");
      assertThat(store.pointer().read(name).orElseThrow().row().version()).hasValue(second);
      assertThatThrownBy(() -> publish.rollback(name, 3))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("it never answered");
      scene.conf().set("lambda.gate.max-drift", "3");
      new Publish(scene.config(), clock).publish(name, one(3));
      assertThat(states(scene)).containsExactly("1 kept", "2 kept", "3 published");
      Publish.Plan next = publish.plan(name);
      assertThat(next.report()).isEmpty();
      assertThat(next.version()).hasValue(third);
      assertThat(next.terms()).anyMatch(t -> t.contains("where version 3 has"));

      // A rule that is broken.
      View strict = view(scene, Rule.metric("sales").atLeast(2));
      Version fourth = archiveAndRecompute(scene, strict);
      assertThat(fourth.fingerprint()).isEqualTo(third.fingerprint());
      assertThatThrownBy(() -> publish.publish(name, OptionalLong.empty()))
          .isInstanceOf(HeldException.class)
          .hasMessageContaining("is held: rule sales >= 2;");
      Flip forced = publish.force(name, OptionalLong.empty());
      assertThat(forced.after().version()).hasValue(fourth);
      assertThat(lines(forced)).anyMatch(l -> l.contains(": sales is 1"));

      // What answers, or did a moment ago, is never thrown away.
      assertThatThrownBy(() -> publish.discard(name, 4)).hasMessageContaining("it answers");
      assertThatThrownBy(() -> publish.discard(name, 3))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a query may read it until");
      assertThatThrownBy(() -> publish.discard(name, 9))
          .hasMessageContaining("has no complete version 9");
      Version fifth = archiveAndRecompute(scene, view);
      publish.discard(name, 5);
      assertThat(states(scene)).hasSize(4).last().isEqualTo("4 published");
      assertThat(exists(connection, fifth.table())).isFalse();

      // Old ones go once nobody can read them; so do tables that nothing lists, once they are old.
      try (Admin admin = connection.getAdmin()) {
        ViewTables.createBatch(admin, name, 98, new byte[0][], "schema");
        ViewTables.createBatch(admin, name, 99, new byte[0][], "schema");
        ViewTables.createBatch(admin, name + "_other", 1, new byte[0][], "schema");
      }
      // Whatever kind of entry names a table, the table is listed.
      try (Table table = connection.getTable(PublishedTable.NAME)) {
        table.put(
            new Put(name.getBytes(StandardCharsets.UTF_8))
                .addColumn(
                    "p".getBytes(StandardCharsets.UTF_8),
                    "other.98".getBytes(StandardCharsets.UTF_8),
                    "{\"number\":98,\"table\":\"%s\"}"
                        .formatted(ViewTables.batch(name, 98))
                        .getBytes(StandardCharsets.UTF_8)));
      }
      assertThat(new Cleanup(scene.config(), clock).run(name).isEmpty())
          .as("readers, and the grace")
          .isTrue();
      Cleanup cleanup = new Cleanup(scene.config(), Clock.offset(clock, Duration.ofMinutes(11)));
      assertThat(cleanup.plan(name).versions()).containsExactly(first, second);
      assertThat(states(scene)).hasSize(4);
      Cleanup.Cleaned cleaned = cleanup.run(name);
      assertThat(cleaned.versions()).containsExactly(first, second);
      assertThat(cleaned.leftovers()).isEmpty();
      assertThat(states(scene)).containsExactly("3 kept", "4 published");
      assertThat(exists(connection, first.table())).isFalse();
      assertThat(exists(connection, third.table())).isTrue();
      assertThat(store.pointer().read(name).orElseThrow().row().version()).hasValue(fourth);
      Cleanup later = new Cleanup(scene.config(), Clock.offset(clock, Duration.ofDays(2)));
      assertThat(later.run(name).leftovers())
          .containsExactly(ViewTables.batch(name, 99).getNameAsString());
      assertThat(exists(connection, ViewTables.batch(name + "_other", 1).getNameAsString()))
          .isTrue();
      publish.rollback(name, 3);
      assertThat(states(scene)).containsExactly("3 published", "4 kept");
    }
  }

  private static OptionalLong one(long version) {
    return OptionalLong.of(version);
  }

  private static LambdaConfig withoutDrift(Scene scene) {
    Configuration conf = new Configuration(scene.conf());
    conf.set("lambda.gate.drift", "false");
    return LambdaConfig.of(conf);
  }

  /** A schedule goes on with the wrong declaration: it does not bring it back, a person may. */
  @Test
  void aDeclarationThatWasRolledBackFromDoesNotComeBackByItself(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS)) {
      View right = view(scene);
      View wrong =
          View.named(scene.viewName())
              .over(scene.type(Sale.V1))
              .keyedBy("kind")
              .window(Duration.ofHours(1))
              .metric("sales", Metric.count())
              .metric("quantity", Metric.max("quantity"))
              .build();
      String name = scene.viewName();
      Publish publish = new Publish(scene.config(), Clock.systemUTC());
      produce(scene, new Random(33), 5);
      archiveAndRecompute(scene, right);
      publish.run(name);
      Version second = archiveAndRecompute(scene, wrong);
      publish.run(name);
      publish.rollback(name, 1);
      produce(scene, new Random(34), 5);
      Version third = archiveAndRecompute(scene, wrong);
      assertThat(third.fingerprint()).isEqualTo(second.fingerprint());
      assertThatThrownBy(() -> publish.run(name))
          .isInstanceOf(HeldException.class)
          .hasMessageContaining("is held: declaration;");
      assertThat(states(scene)).containsExactly("1 published", "2 kept", "3 held");
      archiveAndRecompute(scene, right);
      publish.run(name);
      assertThat(states(scene)).last().isEqualTo("4 published");
    }
  }

  /** The archive began after retention had taken what the speed layer answers. */
  @Test
  void whatOnlySpeedCellsStillHoldIsNotTakenAwayInSilence(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS);
        Connection connection = HBaseConnector.connectForWork(scene.config());
        var admin = servers.kafka().admin()) {
      View view = view(scene);
      String name = scene.viewName();
      Publish publish = new Publish(scene.config(), scene.clock());
      produce(scene, new Random(37), 6);
      PublishedTable store = new PublishedTable(connection);
      store.ensure();
      Map<Integer, Long> zero =
          IntStream.range(0, PARTITIONS).boxed().collect(Collectors.toMap(p -> p, p -> 0L));
      Horizon beginning = new Horizon(Epoch.numberAt(scene.now(), Scene.EPOCH), zero);
      Generation generation = Speed.open(scene, view, connection, 0, beginning).generation();
      PublishedRow row = new PublishedRow(name, 1, Optional.empty(), Optional.of(generation));
      assertThat(store.pointer().compareAndSet(Optional.empty(), row)).isTrue();
      admin
          .deleteRecords(
              Map.of(new TopicPartition(scene.topic(), 1), RecordsToDelete.beforeOffset(2)))
          .all()
          .get();

      Version version = archiveAndRecompute(scene, view);
      assertThat(version.lost()).isEqualTo(LostOffsets.NONE.with(1, 0, 2));
      assertThatThrownBy(() -> publish.run(name))
          .isInstanceOf(HeldException.class)
          .hasMessageContaining("is held: lost records;");
      assertThat(store.pointer().read(name).orElseThrow().row().version()).isEmpty();
      publish.force(name, OptionalLong.empty());

      // It is given up for good.
      produce(scene, new Random(38), 6);
      archiveAndRecompute(scene, view);
      publish.run(name);
      assertThat(states(scene)).containsExactly("1 kept", "2 published");
    }
  }

  /**
   * Once the gate has let it pass, HBase goes away: what answered still does, and a new run
   * publishes.
   */
  @Test
  void nothingIsHalfPublishedWhenHBaseGoesAwayBehindTheGate(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS)) {
      String name = scene.viewName();
      View view = view(scene);
      produce(scene, new Random(34), 5);
      archiveAndRecompute(scene, view);
      Publish publish = new Publish(scene.config(), scene.clock());
      publish.run(name);
      produce(scene, new Random(35), 5);
      Version second = archiveAndRecompute(scene, view);
      scene.conf().set("lambda.hbase.operation-timeout", "3s");
      try (Connection connection = HBaseConnector.connectForWork(scene.config())) {
        Pointer.Rule goesAway =
            (catalog, version) -> {
              servers.hbase().stop();
              return new Pointer.Next(
                  PublishedRow.publish(
                      catalog.known(), version, false, scene.clock().instant(), Duration.ZERO),
                  Optional.empty());
            };
        Pointer pointer = new Pointer(new PublishedTable(connection), name);
        assertThatThrownBy(() -> pointer.flip(OptionalLong.of(second.number()), goesAway))
            .satisfies(e -> assertThat(HBaseFault.isAway(e)).as("%s", e).isTrue());
      } finally {
        servers.hbase().start();
        scene.conf().unset("lambda.hbase.operation-timeout");
      }
      assertThat(states(scene)).containsExactly("1 published", "2 candidate");
      assertThat(publish.run(name).version()).contains(second);
      assertThat(states(scene)).containsExactly("1 kept", "2 published");
    }
  }

  /** Nothing answers yet, so no flip tells the publish that the version has gone meanwhile. */
  @Test
  void aFirstPublishNamesNoVersionThatIsDiscardedMeanwhile(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS);
        Connection connection = HBaseConnector.connect(scene.config())) {
      PublishedTable store = new PublishedTable(connection);
      String name = scene.viewName();
      produce(scene, new Random(33), 5);
      archiveAndRecompute(scene, view(scene));
      Publish publish = new Publish(scene.config(), scene.clock());
      Pointer.Rule discardsBefore =
          (catalog, version) -> {
            publish.discard(name, version.number());
            return new Pointer.Next(
                PublishedRow.publish(
                    catalog.known(), version, false, scene.clock().instant(), Duration.ZERO),
                Optional.empty());
          };
      assertThatThrownBy(() -> new Pointer(store, name).flip(OptionalLong.of(1), discardsBefore))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("has no complete version");
      assertThat(store.pointer().read(name)).isEmpty();
      assertThat(archiveAndRecompute(scene, view(scene)).number()).isEqualTo(2);
      assertThat(publish.run(name).version().orElseThrow().number()).isEqualTo(2);
    }
  }

  @Test
  void aVersionWhoseTableWasDroppedByHandNeverAnswers(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS);
        Connection connection = HBaseConnector.connect(scene.config());
        Admin admin = connection.getAdmin()) {
      String name = scene.viewName();
      produce(scene, new Random(36), 5);
      Version first = archiveAndRecompute(scene, view(scene));
      Publish publish = new Publish(scene.config(), scene.clock());
      publish.run(name);
      produce(scene, new Random(37), 5);
      Version second = archiveAndRecompute(scene, view(scene));
      publish.run(name);

      ViewTables.drop(admin, TableName.valueOf(first.table()));
      assertThatThrownBy(() -> publish.rollback(name, first.number()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Cannot let table %s answer: ", first.table());

      Version third = archiveAndRecompute(scene, view(scene));
      admin.disableTable(TableName.valueOf(third.table()));
      assertThatThrownBy(() -> publish.run(name))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Cannot let table %s answer: ", third.table());
      assertThatThrownBy(() -> publish.plan(name)).isInstanceOf(InvalidInputException.class);
      assertThat(new PublishedTable(connection).pointer().read(name).orElseThrow().row().version())
          .contains(second);

      admin.enableTable(TableName.valueOf(third.table()));
      assertThat(publish.run(name).version()).contains(third);
    }
  }

  /** A decision that was made before a clean-up comes too late. */
  @Test
  void whatWasForgottenIsNotPublished(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, PARTITIONS);
        Connection connection = HBaseConnector.connect(scene.config())) {
      PublishedTable store = new PublishedTable(connection);
      View view = view(scene);
      String name = scene.viewName();
      produce(scene, new Random(32), 5);
      archiveAndRecompute(scene, view);
      Publish publish = new Publish(scene.config(), scene.clock());
      publish.run(name);
      Version second = archiveAndRecompute(scene, view);
      var before = store.pointer().known(name);
      var decided =
          PublishedRow.publish(before, second, false, scene.clock().instant(), Duration.ZERO);
      publish.discard(name, 2);
      assertThat(store.pointer().compareAndSet(before.current(), decided)).isFalse();
      assertThat(store.catalog().forget(name, before.current(), List.of(1L), List.of())).isFalse();
      assertThat(states(scene)).containsExactly("1 published");
    }
  }
}
