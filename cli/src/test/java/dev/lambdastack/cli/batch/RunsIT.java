package dev.lambdastack.cli.batch;

import static dev.lambdastack.batch.recompute.RecomputeIT.assertSame;
import static dev.lambdastack.batch.recompute.RecomputeIT.everything;
import static dev.lambdastack.batch.recompute.RecomputeIT.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.HeldViews;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.publish.Cleanup;
import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.batch.publish.VersionInfo;
import dev.lambdastack.batch.publish.VersionState;
import dev.lambdastack.batch.publish.Versions;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.batch.recompute.RecomputeIT;
import dev.lambdastack.serving.query.QueryCommand;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs that fail, that meet, and what was made by runs and is gone. */
@ExtendWith(Servers.Extension.class)
class RunsIT {
  private static List<Scene.Placed> produce(Scene scene, Random random) {
    List<Scene.Placed> placed = new ArrayList<>();
    for (int p = 0; p < 2; p++) {
      placed.addAll(
          scene.sendAll(
              p,
              IntStream.range(0, 100)
                  .mapToObj(i -> Sale.random(random, scene.now() - random.nextInt(8) * 1_800_000L))
                  .toList(),
              Sale.V1));
    }
    return placed;
  }

  /** Of {@link HeldViews}, in plain Java. */
  private static Map<List<Object>, Map<String, Object>> held(List<Scene.Placed> sales) {
    Map<List<Object>, Map<String, Object>> rows = new LinkedHashMap<>();
    long hour = Duration.ofHours(1).toMillis();
    for (Scene.Placed placed : sales) {
      Sale sale = placed.sale();
      Map<String, Object> row =
          rows.computeIfAbsent(
              List.of(
                  "<" + sale.kind() + ">",
                  Instant.ofEpochMilli(Math.floorDiv(sale.eventTime(), hour) * hour)),
              k -> new TreeMap<>());
      row.merge("events", 1L, (a, b) -> (Long) a + (Long) b);
      row.merge("amount", sale.amount(), (a, b) -> ((BigDecimal) a).add((BigDecimal) b));
    }
    return rows;
  }

  /**
   * HBase goes away when the mappers have begun, and comes back later: one line, nothing published,
   * and the next run makes what the first did not, and tidies up.
   */
  @Test
  void hbaseGoesAwayMidwayAndComesBack(Servers servers) throws Exception {
    Random random = new Random(51);
    try (Scene scene =
            Scene.open(
                servers, servers.configurationWithHBase(), HeldViews.TOPIC, HeldViews.VIEW, 2);
        Threads threads = new Threads(1)) {
      scene.conf().set("lambda.hbase.operation-timeout", "3s");
      Views views = Views.of(new HeldViews().views());
      Archive archive = new Archive(scene.config(), views, Sale.SCHEMAS, scene.clock());
      List<Scene.Placed> sent = new ArrayList<>(produce(scene, random));
      scene.toEpochStart();
      archive.run(scene.topic());
      CommandRun first =
          CommandRun.of(scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--publish");
      assertThat(first.code()).as(first.err()).isZero();
      List<Scene.Placed> before = List.copyOf(sent);
      sent.addAll(produce(scene, random));
      scene.toEpochStart();
      archive.run(scene.topic());
      Future<CommandRun> running;
      long down;
      try (HeldViews.Hold hold = new HeldViews.Hold()) {
        running =
            threads.submit(
                () ->
                    CommandRun.of(
                        scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--publish"));
        hold.awaitTask();
        servers.hbase().stop();
        down = System.nanoTime();
      }
      try {
        CommandRun failed = running.get();
        // A client by itself waits for 20 minutes.
        assertThat(Duration.ofNanos(System.nanoTime() - down)).isLessThan(Duration.ofMinutes(5));
        assertThat(failed.code()).as(failed.err()).isEqualTo(UnavailableException.EXIT_CODE);
        assertThat(failed.out()).isEmpty();
        assertThat(failed.err().lines()).hasSize(1);
        assertThat(failed.err())
            .contains("HBase does not answer any more", "run the command again");
        scene.conf().set("lambda.hbase.timeout", "2s");
        CommandRun away = CommandRun.of(scene.conf(), new PublishCommand(), HeldViews.VIEW);
        assertThat(away.code()).isEqualTo(UnavailableException.EXIT_CODE);
        assertThat(away.err().lines()).hasSize(1);
        assertThat(away.err()).contains("Cannot reach HBase");
      } finally {
        servers.hbase().start();
        scene.conf().unset("lambda.hbase.timeout");
        scene.conf().unset("lambda.hbase.operation-timeout");
      }
      try (Connection connection = RecomputeIT.connect(scene);
          Admin admin = connection.getAdmin()) {
        PublishedTable store = new PublishedTable(connection);
        Version answers =
            store.pointer().read(HeldViews.VIEW).orElseThrow().row().version().orElseThrow();
        assertThat(answers.number()).isEqualTo(1);
        assertSame(table(connection, answers), held(before));
        assertThat(store.catalog().versions(HeldViews.VIEW)).containsExactly(answers);
        assertThat(admin.tableExists(ViewTables.batch(HeldViews.VIEW, 2)))
            .as("it could not be dropped")
            .isTrue();
        CommandRun again =
            CommandRun.of(scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--publish");
        assertThat(again.code()).as(again.err()).isZero();
        Version healed =
            store.pointer().read(HeldViews.VIEW).orElseThrow().row().version().orElseThrow();
        assertThat(healed.number()).isEqualTo(3);
        assertThat(healed.events()).isEqualTo(sent.size());
        assertSame(table(connection, healed), held(sent));
        assertThat(admin.tableExists(ViewTables.batch(HeldViews.VIEW, 2))).isFalse();
        assertThat(admin.listSnapshots(Pattern.compile("lambda-" + HeldViews.VIEW + "-.*")))
            .isEmpty();
        assertThat(store.runs().making(HeldViews.VIEW)).isEmpty();
        assertThat(scene.everything().keySet()).noneMatch(f -> f.contains("/staging/"));
      }
      whatIsDamagedIsOneLineUntilItIsBack(scene);
      whatTheHandOffRefusesIsKeptAsACandidate(scene);
    }
  }

  /** Of another declaration than the one that the speed layer answers for, as an edited view is. */
  private static void whatTheHandOffRefusesIsKeptAsACandidate(Scene scene) throws Exception {
    try (Connection connection = RecomputeIT.connect(scene)) {
      PublishedTable store = new PublishedTable(connection);
      PublishedRow row = store.pointer().read(HeldViews.VIEW).orElseThrow().row();
      Version version = row.version().orElseThrow();
      Generation before =
          new Generation(
              1,
              "lambda:" + HeldViews.VIEW + ".speed.g1",
              "of another declaration",
              version.shape(),
              "life",
              0,
              0,
              Map.of(0, 0L, 1, 0L),
              version.epochLength(),
              Duration.ofDays(7),
              scene.clock().instant());
      assertThat(
              store
                  .pointer()
                  .compareAndSet(
                      Optional.of(row),
                      new PublishedRow(
                          HeldViews.VIEW, row.flips() + 1, Optional.empty(), Optional.of(before))))
          .isTrue();

      CommandRun refused =
          CommandRun.of(
              scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--full", "--publish");

      long number = store.runs().lastVersion(HeldViews.VIEW);
      assertThat(refused.code()).as(refused.err()).isEqualTo(2);
      assertThat(refused.out()).contains("version " + number + " complete");
      assertThat(refused.err().lines())
          .singleElement()
          .asString()
          .contains("Cannot publish version " + number, "no speed generation of its declaration")
          .endsWith(
              "Version "
                  + number
                  + " is kept as a candidate: lambda publish sales_held makes it answer then");
      assertThat(new Versions(scene.config()).of(HeldViews.VIEW))
          .filteredOn(info -> info.version().number() == number)
          .extracting(VersionInfo::state)
          .containsExactly(VersionState.CANDIDATE);
    }
  }

  /** A file of the dataset that is cut off or gone, its table's metadata that is, a run that is. */
  private static void whatIsDamagedIsOneLineUntilItIsBack(Scene scene) throws Exception {
    Path file = new Path(scene.contents().files().get(0).path());
    FileSystem fileSystem = file.getFileSystem(scene.conf());
    Path manifests = new Path(scene.iceberg().currentSnapshot().manifestListLocation());
    for (Path damaged : List.of(file, manifests)) {
      assertThat(fileSystem.exists(damaged)).as("%s", damaged).isTrue();
      Path away = damaged.suffix(".away");
      assertThat(fileSystem.rename(damaged, away)).isTrue();
      for (boolean cutOff : new boolean[] {false, true}) {
        if (cutOff) {
          byte[] half = new byte[(int) (fileSystem.getFileStatus(away).getLen() / 2)];
          try (var in = fileSystem.open(away);
              var out = fileSystem.create(damaged)) {
            in.readFully(half);
            out.write(half);
          }
        }
        CommandRun refused =
            CommandRun.of(
                scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--full", "--publish");
        assertThat(refused.code()).as(refused.err()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err().lines()).hasSize(1);
        assertThat(refused.err()).contains(damaged.getName());
        fileSystem.delete(damaged, false);
      }
      assertThat(fileSystem.rename(away, damaged)).isTrue();
    }

    String first = scene.runs().get(0).toJson();
    scene.iceberg().updateProperties().remove("lambda.run.1").commit();
    CommandRun refused =
        CommandRun.of(scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--full", "--publish");
    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err().lines()).singleElement().asString().contains("broken at run 1");
    scene.iceberg().updateProperties().set("lambda.run.1", first).commit();

    CommandRun healed =
        CommandRun.of(scene.conf(), new RecomputeCommand(), HeldViews.VIEW, "--full", "--publish");
    assertThat(healed.code()).as(healed.err()).isZero();
    assertThat(healed.out()).contains("from all events");
  }

  private static Recompute recompute(Scene scene, View view) {
    return new Recompute(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock());
  }

  /**
   * All begin from the same version and succeed, under numbers of their own; one of them answers.
   */
  @Test
  void twoRunsAtOnceMakeAVersionEach(Servers servers) throws Exception {
    Random random = new Random(52);
    try (Scene scene = Scene.openWithHBase(servers, 2);
        Connection connection = RecomputeIT.connect(scene);
        Admin admin = connection.getAdmin();
        Threads threads = new Threads(3)) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sent = new ArrayList<>(produce(scene, random));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Version base = recompute(scene, view).run(scene.viewName());
      sent.addAll(produce(scene, random));
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      CyclicBarrier together = new CyclicBarrier(3);
      List<Future<Recompute.Outcome>> runs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        // Two increments of one version, and a full run.
        Recompute.Options options = i < 2 ? Recompute.Options.DEFAULT : Recompute.Options.FULL;
        runs.add(
            threads.submit(
                () -> {
                  together.await();
                  Recompute.Outcome made =
                      recompute(scene, view).run(List.of(view.name()), options).get(0);
                  new Publish(scene.config(), scene.clock())
                      .publish(view.name(), OptionalLong.of(made.version().number()));
                  return made;
                }));
      }
      List<Version> versions = new ArrayList<>();
      for (Future<Recompute.Outcome> run : runs) {
        versions.add(run.get().version());
        assertSame(table(connection, run.get().version()), everything(sent));
      }
      // One that is held up begins from what another has made, where that has all there is.
      List<Version> bases = new ArrayList<>(versions);
      bases.add(base);
      assertThat(bases).contains(runs.get(0).get().base().orElseThrow());
      assertThat(bases).contains(runs.get(1).get().base().orElseThrow());
      assertThat(versions)
          .extracting(Version::number)
          .doesNotHaveDuplicates()
          .isSubsetOf(2L, 3L, 4L);
      PublishedTable store = new PublishedTable(connection);
      assertThat(store.catalog().versions(view.name())).hasSize(4);
      Version answers =
          store.pointer().read(view.name()).orElseThrow().row().version().orElseThrow();
      assertThat(versions).contains(answers);
      assertThat(admin.listSnapshots(Pattern.compile("lambda-" + view.name() + "-.*"))).isEmpty();
    }
  }

  /** A killed run leaves a table; the next run drops it, but none of a run that is at work. */
  @Test
  void whatAKilledRunHasLeftGoesWithTheNextRun(Servers servers) throws Exception {
    Random random = new Random(53);
    try (Scene scene = Scene.openWithHBase(servers, 2);
        Connection connection = RecomputeIT.connect(scene);
        Admin admin = connection.getAdmin()) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      List<Scene.Placed> sent = produce(scene, random);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      PublishedTable store = new PublishedTable(connection);
      store.ensure();
      Lease lease =
          Lease.take(scene.table(), "at-work", scene.clock(), scene.config().master().lease())
              .lease();
      for (String run : List.of(lease.name(), lease.name() + "-killed")) {
        long number = store.runs().begin(view.name(), run);
        ViewTables.createBatch(admin, view.name(), number, new byte[0][], "pin");
      }
      Version version = recompute(scene, view).run(view.name());
      assertThat(version.number()).isEqualTo(3);
      assertSame(table(connection, version), everything(sent));
      assertThat(admin.tableExists(ViewTables.batch(view.name(), 1))).isTrue();
      assertThat(admin.tableExists(ViewTables.batch(view.name(), 2))).isFalse();
      assertThat(store.runs().making(view.name())).containsOnlyKeys(1L);
      // Its lease is gone: it is at work no more.
      lease.close();
      Version next =
          recompute(scene, view).run(List.of(view.name()), Recompute.Options.FULL).get(0).version();
      assertThat(next.number()).isEqualTo(4);
      assertThat(admin.tableExists(ViewTables.batch(view.name(), 1))).isFalse();
      assertThat(store.runs().making(view.name())).isEmpty();
    }
  }

  /**
   * Versions of the past are listed, discarded and cleaned up; whoever asks for a gone one is told.
   */
  @Test
  void versionsOfThePastAreListedDiscardedAndCleanedUp(Servers servers) throws Exception {
    Random random = new Random(54);
    try (Scene scene = Scene.openWithHBase(servers, 2);
        Connection connection = RecomputeIT.connect(scene);
        Admin admin = connection.getAdmin()) {
      View view = everything(scene.viewName(), scene.type(Sale.V1));
      String name = view.name();
      produce(scene, random);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Recompute recompute = recompute(scene, view);
      recompute.run(name);
      Recompute.Options past = Recompute.Options.asOf(scene.clock().instant());
      for (int i = 0; i < 2; i++) {
        assertThat(recompute.run(List.of(name), past).get(0).version().number()).isEqualTo(i + 2L);
      }
      assertThat(new Versions(scene.config()).of(name))
          .extracting(VersionInfo::state)
          .containsExactly(VersionState.CANDIDATE, VersionState.PAST, VersionState.PAST);
      CommandRun versions = CommandRun.of(scene.conf(), new VersionsCommand(), name);
      assertThat(versions.out().lines().filter(l -> l.contains(" past "))).hasSize(2);
      Publish publish = new Publish(scene.config(), scene.clock());
      assertThatThrownBy(() -> publish.publish(name, OptionalLong.of(2)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("of a moment in the past, and never answers");
      CommandRun discard = CommandRun.of(scene.conf(), new DiscardCommand(), name, "3");
      assertThat(discard.code()).as(discard.err()).isZero();
      assertThat(admin.tableExists(ViewTables.batch(name, 3))).isFalse();
      for (String number : List.of("3", "9")) {
        CommandRun query =
            CommandRun.of(
                scene.conf(),
                new QueryCommand(),
                name,
                "--all",
                "--from",
                "2026-01-01",
                "--to",
                "2026-01-02",
                "--version",
                number);
        assertThat(query.code()).as(query.err()).isEqualTo(2);
        assertThat(query.err().lines()).hasSize(1);
        assertThat(query.err())
            .contains(number.equals("3") ? "version 3 no longer" : "no complete version 9");
      }
      // The newest number was discarded: it does not come again.
      assertThat(recompute.run(List.of(name), Recompute.Options.FULL).get(0).version().number())
          .isEqualTo(4);
      Cleanup cleanup = new Cleanup(scene.config(), scene.clock());
      assertThat(cleanup.run(name).isEmpty()).isTrue();
      scene.conf().set("lambda.versions.keep-past", "0ms");
      assertThat(new Cleanup(scene.config(), scene.clock()).run(name).versions())
          .extracting(Version::number)
          .containsExactly(2L);
      assertThat(admin.tableExists(ViewTables.batch(name, 2))).isFalse();
      assertThat(new PublishedTable(connection).catalog().pastVersions(name)).isEmpty();
    }
  }

  /** Threads that end with a test. */
  private static final class Threads implements AutoCloseable {
    private final ExecutorService executor;

    Threads(int count) {
      executor = Executors.newFixedThreadPool(count);
    }

    <T> Future<T> submit(Callable<T> work) {
      return executor.submit(work);
    }

    @Override
    public void close() {
      executor.shutdownNow();
    }
  }
}
