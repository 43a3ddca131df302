package dev.lambdastack.serving.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.serving.store.PublishedPointer.Snapshot;
import dev.lambdastack.serving.testing.Layers;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.serving.testing.TestingHBase;
import dev.lambdastack.serving.testing.TestingHBase.Cluster;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The published table on a real HBase: who wins, and what a reader sees. */
@ExtendWith(TestingHBase.class)
class PublishedTableIT {
  private static final int WRITERS = 4;

  private final Cluster cluster;
  private static int names;

  PublishedTableIT(Cluster cluster) {
    this.cluster = cluster;
  }

  private static synchronized String name() {
    return "published_" + ++names;
  }

  private Layers layers() throws IOException {
    return new Layers(cluster.connection(), Sales.view(name(), "shop"));
  }

  /** Runs one task for each writer, all let go at once. */
  private static <T> List<T> race(Callable<T> task) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    CyclicBarrier start = new CyclicBarrier(WRITERS);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        futures.add(
            threads.submit(
                () -> {
                  start.await();
                  return task.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  private static Generation numbered(Layers layers, long number) {
    return new Generation(
        number,
        ViewTables.speed(layers.view().name(), number).getNameAsString(),
        layers.view().fingerprint(),
        layers.view().shape(),
        "life",
        3,
        2,
        Map.of(0, 10L, 11, 20L),
        Sales.EPOCH,
        Duration.ofDays(7),
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void ofManyFlipsFromOneRowOneWins() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    PublishedTable store = layers.store();
    Optional<PublishedRow> before = Optional.empty();
    for (int flip = 1; flip <= 5; flip++) {
      Optional<PublishedRow> from = before;
      List<Optional<PublishedRow>> winners =
          race(
              () -> {
                // Each writer has a generation of its own, so that the rows differ.
                PublishedRow after =
                    new PublishedRow(
                        view,
                        from.map(PublishedRow::flips).orElse(0L) + 1,
                        Optional.empty(),
                        Optional.of(numbered(layers, Thread.currentThread().getId())));
                return store.pointer().compareAndSet(from, after)
                    ? Optional.of(after)
                    : Optional.<PublishedRow>empty();
              });
      List<PublishedRow> won = winners.stream().flatMap(Optional::stream).toList();
      assertThat(won).as("flip %d", flip).hasSize(1);
      before = store.pointer().read(view).map(Snapshot::row);
      assertThat(before).contains(won.get(0));
    }
    assertThat(before.orElseThrow().flips()).isEqualTo(5);
  }

  @Test
  void noFlipIsLostWhenEveryoneTriesAgain() throws Exception {
    Layers layers = layers();
    int each = 10;
    race(
        () -> {
          for (int i = 0; i < each; i++) {
            layers.publish(Optional.empty(), Optional.of(numbered(layers, 1)));
          }
          return null;
        });
    assertThat(layers.store().pointer().read(layers.view().name()).orElseThrow().row().flips())
        .isEqualTo(WRITERS * each);
  }

  @Test
  void everyOpenedGenerationHasANumberOfItsOwn() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    int each = 5;
    Set<Long> numbers = new HashSet<>();
    race(() -> {
          List<Long> mine = new ArrayList<>();
          for (int i = 0; i < each; i++) {
            mine.add(
                layers.store().catalog().openGeneration(view, n -> numbered(layers, n)).number());
          }
          return mine;
        })
        .forEach(mine -> mine.forEach(n -> assertThat(numbers.add(n)).as("%d", n).isTrue()));
    assertThat(layers.store().catalog().generations(view).stream().map(Generation::number))
        .hasSize(WRITERS * each)
        .isSorted()
        .containsExactlyInAnyOrderElementsOf(numbers);
  }

  /** Not even when the version is gone: somebody may have noted its number. */
  @Test
  void noNumberIsGivenTwice() throws Exception {
    Layers layers = layers();
    PublishedTable store = layers.store();
    String view = layers.view().name();
    int each = 5;
    Set<Long> numbers = new HashSet<>();
    race(() -> {
          List<Long> mine = new ArrayList<>();
          for (int i = 0; i < each; i++) {
            mine.add(store.runs().begin(view, "run"));
          }
          return mine;
        })
        .forEach(mine -> mine.forEach(n -> assertThat(numbers.add(n)).as("%d", n).isTrue()));
    long last = (long) WRITERS * each;
    assertThat(store.runs().making(view).keySet()).containsExactlyInAnyOrderElementsOf(numbers);
    Version newest = layers.version(last, 5, List.of());
    store.runs().complete(newest, "run");
    store.runs().complete(newest, "run");
    assertThat(store.catalog().versions(view)).containsExactly(newest);
    assertThat(store.runs().making(view)).hasSize((int) last - 1);
    assertThat(store.catalog().forget(view, Optional.empty(), List.of(last), List.of())).isTrue();
    assertThat(store.catalog().versions(view)).isEmpty();
    assertThat(store.runs().lastVersion(view)).isEqualTo(last);
    assertThat(store.runs().begin(view, "run")).isEqualTo(last + 1);
    // A version that was given up is never completed.
    assertThat(store.runs().abandon(view, 2, "another run")).isFalse();
    assertThat(store.runs().takeOver(view, 2, "another run", "mine")).isFalse();
    assertThat(store.runs().takeOver(view, 2, "run", "mine")).isTrue();
    assertThatThrownBy(() -> store.runs().complete(layers.version(2, 5, List.of()), "run"))
        .isInstanceOf(LostRaceException.class)
        .hasMessageContaining("taken over by another run");
    Version past = layers.version(3, 5, List.of());
    store.runs().completePast(past, "run");
    assertThat(store.catalog().of(view).past()).containsExactly(past);
    assertThat(store.catalog().versions(view)).isEmpty();
  }

  @Test
  void versionsAreListedByNumberNotByText() throws Exception {
    Layers layers = layers();
    Version first = layers.version(1, 5, List.of());
    Version second = layers.version(2, 6, List.of());
    Version tenth = layers.version(10, 6, List.of());

    layers.complete(first);
    layers.complete(tenth);
    layers.complete(second);

    assertThat(layers.store().catalog().versions(layers.view().name()))
        .containsExactly(first, second, tenth);
  }

  @Test
  void theFarthestProgressStandsWhateverTheOrderOfWrites() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    layers.publish(Optional.empty(), Optional.of(numbered(layers, 1)));
    List<Progress.Applied> steps = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      steps.add(new Progress.Applied(1000 + i, 5_000_000 + 3L * i));
    }
    Progress.Applied last = steps.get(steps.size() - 1);
    Collections.shuffle(steps, new Random(20_260_101));
    for (Progress.Applied step : steps) {
      layers.store().progress().put(view, 1, Map.of(0, step));
    }
    layers.store().progress().put(view, 1, Map.of(11, new Progress.Applied(0, 7)));
    layers.store().progress().put(view, 2, Map.of(0, new Progress.Applied(9999, 9)));
    layers.store().progress().put(view, 11, Map.of(1, new Progress.Applied(9999, 9)));
    layers.store().progress().put(view, 1, Map.of());
    assertThat(layers.store().pointer().read(view).orElseThrow().progress())
        .isEqualTo(new Progress(Map.of(0, last, 11, new Progress.Applied(0, 7))));
  }

  @Test
  void everythingIsReadAsItWasWritten() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    assertThat(layers.store().pointer().read(view)).isEmpty();
    assertThat(layers.store().catalog().versions(view)).isEmpty();
    Version version = layers.version(3, 7, List.of());
    Generation first = layers.store().catalog().openGeneration(view, n -> numbered(layers, n));
    Generation second = layers.store().catalog().openGeneration(view, n -> numbered(layers, n));
    layers.store().progress().put(view, 2, Map.of(0, new Progress.Applied(4, 40)));
    assertThat(layers.store().pointer().read(view)).as("a catalog is not a publication").isEmpty();
    assertThat(layers.store().pointer().views()).doesNotContain(view);

    PublishedRow row = layers.publish(Optional.of(version), Optional.of(first));
    assertThat(layers.store().pointer().read(view)).contains(new Snapshot(row, Progress.NONE));
    assertThat(layers.store().pointer().views()).contains(view);
    PublishedRow.Known known = layers.store().pointer().known(view);
    assertThat(known.current()).contains(row);
    assertThat(known.generations())
        .isEqualTo(
            Map.of(
                first,
                Progress.NONE,
                second,
                new Progress(Map.of(0, new Progress.Applied(4, 40)))));
  }

  @Test
  void aFlipFromARowThatNoLongerStandsIsRefused() throws Exception {
    Layers layers = layers();
    PublishedTable store = layers.store();
    PublishedRow first = layers.publish(Optional.empty(), Optional.of(numbered(layers, 1)));
    PublishedRow second = layers.publish(Optional.empty(), Optional.of(numbered(layers, 2)));
    PublishedRow late =
        new PublishedRow(first.view(), 2, Optional.empty(), Optional.of(numbered(layers, 3)));
    PublishedRow fresh =
        new PublishedRow(first.view(), 1, Optional.empty(), Optional.of(numbered(layers, 3)));
    assertThat(store.pointer().compareAndSet(Optional.of(first), late)).isFalse();
    assertThat(store.pointer().compareAndSet(Optional.empty(), fresh)).isFalse();
    assertThat(store.pointer().read(first.view()).map(Snapshot::row)).contains(second);
    assertThatThrownBy(() -> store.pointer().compareAndSet(Optional.of(second), late))
        .as("a flip that does not count on")
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Version unloaded(Layers layers, long number) {
    return new Version(
        number,
        ViewTables.batch(layers.view().name(), number).getNameAsString(),
        layers.view().fingerprint(),
        layers.view().shape(),
        new Horizon(5, Map.of(0, 10L)),
        Sales.EPOCH,
        1,
        "none",
        Version.Counts.of(0, 0),
        Instant.parse("2026-01-01T00:00:00Z"),
        Optional.empty());
  }

  /** Both have seen that nothing answers yet. */
  @Test
  void aFirstFlipNamesNoVersionThatWasForgotten() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    PublishedTable store = layers.store();
    layers.complete(unloaded(layers, 1));
    layers.complete(unloaded(layers, 2));
    assertThat(store.catalog().forget(view, Optional.empty(), List.of(1L), List.of())).isTrue();
    PublishedRow late =
        new PublishedRow(view, 1, Optional.of(unloaded(layers, 1)), Optional.empty());
    assertThat(store.pointer().compareAndSet(Optional.empty(), late)).isFalse();
    assertThat(store.pointer().read(view)).isEmpty();
    PublishedRow first =
        new PublishedRow(view, 1, Optional.of(unloaded(layers, 2)), Optional.empty());
    assertThat(store.pointer().compareAndSet(Optional.empty(), first)).isTrue();
    assertThat(store.catalog().forget(view, Optional.empty(), List.of(2L), List.of())).isFalse();
    assertThat(store.pointer().read(view).map(Snapshot::row)).contains(first);
    PublishedRow third =
        new PublishedRow(view, 2, Optional.of(unloaded(layers, 3)), Optional.empty());
    assertThat(store.pointer().compareAndSet(Optional.of(first), third))
        .as("no such version")
        .isFalse();
  }

  @Test
  void ofFirstFlipsAndDiscardsAtOnceOneWins() throws Exception {
    int flipped = 0;
    for (int round = 0; round < 60; round++) {
      Layers layers = layers();
      String view = layers.view().name();
      PublishedTable store = layers.store();
      layers.complete(unloaded(layers, 1));
      PublishedRow first =
          new PublishedRow(view, 1, Optional.of(unloaded(layers, 1)), Optional.empty());
      AtomicInteger roles = new AtomicInteger(round);
      long won =
          race(
                  () -> {
                    if (roles.getAndIncrement() % 2 == 0) {
                      // As a publish does; a forget looks too, so that neither is ahead.
                      store.catalog().of(view);
                      return store.pointer().compareAndSet(Optional.empty(), first);
                    }
                    return store.catalog().forget(view, Optional.empty(), List.of(1L), List.of());
                  })
              .stream()
              .filter(w -> w)
              .count();
      boolean answers = store.pointer().read(view).isPresent();
      assertThat(store.catalog().versions(view)).as("round %d", round).hasSize(answers ? 1 : 0);
      // Two may forget the same.
      assertThat(won).as("round %d", round).isBetween(1L, answers ? 1L : 2L);
      flipped += answers ? 1 : 0;
    }
    System.out.println("the flip came first in " + flipped + " of 60 rounds");
  }

  /** A later release may write columns that this one does not know. */
  @Test
  void columnsOfALaterReleaseArePassedOver() throws Exception {
    Layers layers = layers();
    String view = layers.view().name();
    layers.store().catalog().openGeneration(view, n -> numbered(layers, n));
    Put put = new Put(view.getBytes(StandardCharsets.UTF_8));
    for (String column :
        List.of("generation.x", "generation.1.note", "version.7.note", "making.")) {
      put.addColumn(
          PublishedTable.FAMILY,
          column.getBytes(StandardCharsets.UTF_8),
          "{\"table\":\"lambda:later\"}".getBytes(StandardCharsets.UTF_8));
    }
    try (Table table = cluster.connection().getTable(PublishedTable.NAME)) {
      table.put(put);
    }

    Catalog catalog = layers.store().catalog().of(view);
    assertThat(catalog.known().generations()).hasSize(1);
    assertThat(catalog.versions()).isEmpty();
    assertThat(catalog.tables()).contains("lambda:later");
    assertThat(layers.store().runs().making(view)).isEmpty();
  }

  /** Who only looks may have no right to make a table. */
  @Test
  void lookingMakesNoTable() throws Exception {
    try (Admin admin = cluster.connection().getAdmin()) {
      ViewTables.drop(admin, PublishedTable.NAME);
      PublishedTable store = new PublishedTable(cluster.connection());
      assertThat(store.pointer().read("sales")).isEmpty();
      assertThat(store.pointer().views()).isEmpty();
      assertThat(store.catalog().of("sales").tables()).isEmpty();
      assertThat(store.catalog().versions()).isEmpty();
      assertThat(store.runs().lastVersion("sales")).isZero();
      assertThat(store.progress().failing("sales", 1)).isEmpty();
      assertThat(new AlertStore(cluster.connection()).all()).isEmpty();
      assertThat(admin.tableExists(PublishedTable.NAME)).isFalse();
    }
  }

  @Test
  void manyMayMakeTheTableAtOnce() throws Exception {
    try (Admin admin = cluster.connection().getAdmin()) {
      ViewTables.drop(admin, PublishedTable.NAME);
      PublishedTable store = new PublishedTable(cluster.connection());
      race(
          () -> {
            store.ensure();
            return null;
          });
      assertThat(admin.tableExists(PublishedTable.NAME)).isTrue();
      assertThat(store.pointer().views()).isEmpty();
    }
  }
}
