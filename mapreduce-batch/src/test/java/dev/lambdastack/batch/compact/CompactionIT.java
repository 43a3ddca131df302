package dev.lambdastack.batch.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.master.CompactionManifest;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.OffsetSpan;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(Servers.Extension.class)
class CompactionIT {
  private static final long DAY = Duration.ofDays(1).toMillis();

  /** Events of the last days, so many on each. */
  private static List<Sale> sales(Scene scene, Random random, int days, int each) {
    return IntStream.range(0, days * each)
        .mapToObj(i -> Sale.random(random, scene.now() - (i % days) * DAY - random.nextInt(5_000)))
        .toList();
  }

  private static void archive(Scene scene, Schema pinned) throws Exception {
    scene.toEpochStart();
    scene.archive(pinned).run(scene.topic());
  }

  /** Runs that write some small files for each of some dates. */
  private static void archiveSmallFiles(Scene scene, int runs) throws Exception {
    Random random = new Random(21);
    for (int run = 0; run < runs; run++) {
      scene.sendAll(0, sales(scene, random, 3, 20), Sale.V1);
      archive(scene, Sale.V1);
    }
  }

  private static Compaction compaction(Scene scene, Compaction.Steps steps) {
    return new Compaction(scene.config(), scene.views(Sale.V2), Sale.SCHEMAS, scene.clock(), steps);
  }

  private static Contents contents(Scene scene) throws IOException {
    return scene.dataset().contents().orElseThrow();
  }

  private static List<String> paths(Scene scene) throws IOException {
    return contents(scene).files().stream().map(f -> f.file().path()).sorted().toList();
  }

  /** Every row that readers see, with all its columns, and the schema that it is read by. */
  private static List<String> rows(Scene scene) throws IOException {
    List<String> rows = new ArrayList<>();
    for (LiveFile live : contents(scene).files()) {
      for (GenericRecord row : scene.read(live.file().path())) {
        rows.add(live.schemaFingerprint() + " " + row.getSchema().getFields().size() + " " + row);
      }
    }
    rows.sort(Comparator.naturalOrder());
    return rows;
  }

  private static Map<String, String> cells(Connection connection, Version version)
      throws IOException {
    Map<String, String> cells = new TreeMap<>();
    try (Table table = connection.getTable(TableName.valueOf(version.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result row : scanner) {
        cells.put(
            Bytes.toStringBinary(row.getRow()),
            Bytes.toStringBinary(CellUtil.cloneValue(row.rawCells()[0])));
      }
    }
    return cells;
  }

  @Test
  void keepsEveryRowOfEverySchemaAndWhatViewsSay(Servers servers) throws Exception {
    long seed = 17;
    Random random = new Random(seed);
    try (Scene scene = Scene.openWithHBase(servers, 3);
        Connection connection = HBaseConnector.connect(scene.config())) {
      scene.conf().set("lambda.archive.open-dates", "2");
      scene.conf().set("lambda.archive.split-records", "150");
      scene.conf().set("lambda.dead-letters.max-share", "0.5");
      for (int run = 0; run < 3; run++) {
        for (int partition = 0; partition < 3; partition++) {
          // The newer producer's note is only in the bytes that it sent, while V1 is pinned.
          scene.sendAll(partition, sales(scene, random, 5, 30), partition == 1 ? Sale.V2 : Sale.V1);
        }
        scene.sendRaw(run, new byte[] {1, 2, 3});
        archive(scene, Sale.V1);
      }
      for (int run = 0; run < 2; run++) {
        scene.sendAll(run, sales(scene, random, 4, 30), run == 1 ? Sale.V1 : Sale.V2);
        archive(scene, Sale.V2);
      }
      Contents before = contents(scene);
      List<String> rowsBefore = rows(scene);
      assertThat(rowsBefore).hasSize(3 * 3 * 150 + 2 * 120);
      assertThat(before.files()).anyMatch(f -> f.file().eventDate().isEmpty());
      Recompute recompute =
          new Recompute(scene.config(), scene.views(Sale.V2), Sale.SCHEMAS, scene.clock());
      Version first = recompute.run(scene.viewName());

      scene.conf().set("lambda.job.compact.target", "20000");
      CompactionResult result = compaction(scene, step -> {}).run(scene.topic());
      System.out.printf(
          "seed %d: %d files of %d bytes to %d files of %d bytes in %.1f s%n",
          seed,
          result.filesBefore(),
          result.bytesBefore(),
          result.filesAfter(),
          result.bytesAfter(),
          result.duration().toMillis() / 1000.0);
      assertThat(rows(scene)).isEqualTo(rowsBefore);
      Contents after = contents(scene);
      // One manifest for the files of each schema.
      assertThat(result.sequences()).containsExactly(before.sequence() + 1, before.sequence() + 2);
      assertThat(after.horizon()).isEqualTo(before.horizon());
      assertThat(after.deadLetters()).isEqualTo(before.deadLetters());
      assertThat(after.files().size()).isLessThan(before.files().size() / 2);
      assertThat(after.files()).allMatch(f -> f.file().eventDate().isPresent());
      for (LiveFile live : after.files()) {
        assertListedAsItIs(scene, live.file());
      }
      // A date with more than the target's bytes has several files.
      assertThat(after.files().stream().map(f -> f.file().eventDate()).distinct().count())
          .isLessThan(after.files().size() - 1);

      Version second = leased(scene);
      assertThat(cells(connection, second)).isEqualTo(cells(connection, first)).isNotEmpty();
      assertThat(second.events()).isEqualTo(first.events());
      scene.conf().unset("lambda.job.compact.target");
    }
  }

  /** The files that it reads are leased when it says the time of the version, and no longer. */
  private static Version leased(Scene scene) throws Exception {
    long sequence = contents(scene).sequence();
    AtomicBoolean seen = new AtomicBoolean();
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            if (held(scene).contains(sequence)) {
              seen.set(true);
            }
            return scene.clock().instant();
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    Version version =
        new Recompute(scene.config(), scene.views(Sale.V2), Sale.SCHEMAS, clock)
            .run(List.of(scene.viewName()), Recompute.Options.FULL)
            .get(0)
            .version();
    assertThat(seen).isTrue();
    assertThat(held(scene)).isEmpty();
    return version;
  }

  private static Set<Long> held(Scene scene) {
    try {
      return Set.copyOf(
          Lease.held(scene.dataset(), scene.clock().instant(), scene.config().master().lease()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertListedAsItIs(Scene scene, DataFile file) throws IOException {
    List<GenericRecord> rows = scene.read(file.path());
    assertThat(rows).hasSize((int) file.rows());
    assertThat(rows)
        .isSortedAccordingTo(
            Comparator.comparing((GenericRecord r) -> (Long) r.get("event_time"))
                .thenComparing(r -> (Integer) r.get(FileSchema.PARTITION))
                .thenComparing(r -> (Long) r.get(FileSchema.OFFSET)));
    assertThat(rows)
        .allMatch(
            r ->
                CompactionPlan.dateOf((Long) r.get("event_time"))
                    .equals(file.eventDate().orElseThrow()));
    assertThat(file.minEventTime()).isEqualTo(rows.get(0).get("event_time"));
    assertThat(file.maxEventTime()).isEqualTo(rows.get(rows.size() - 1).get("event_time"));
    var appended = rows.stream().mapToLong(r -> (Long) r.get(FileSchema.APPEND_TIME));
    assertThat(appended.summaryStatistics())
        .returns(file.minAppendTime(), s -> s.getMin())
        .returns(file.maxAppendTime(), s -> s.getMax());
    Map<Integer, OffsetSpan> spans = new TreeMap<>();
    for (GenericRecord row : rows) {
      long offset = (Long) row.get(FileSchema.OFFSET);
      spans.merge(
          (Integer) row.get(FileSchema.PARTITION),
          new OffsetSpan(offset, offset + 1),
          OffsetSpan::and);
    }
    // The archive's span is its task's, a compaction's that of its rows.
    file.offsets()
        .forEach(
            (partition, span) -> {
              OffsetSpan found = spans.get(partition);
              assertThat(span.and(found)).isEqualTo(span);
              assertThat(!file.path().contains("compacted") || span.equals(found)).isTrue();
            });
    assertThat(file.offsets().keySet()).isEqualTo(spans.keySet());
    assertThat(FileCheck.ofBytes(scene.dataset(), file.path(), file.lengthBytes(), file.sha256()))
        .isEmpty();
  }

  @Test
  void aSecondRunHasNothingToDo(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 3);
      CompactionResult plan = compaction(scene, step -> {}).plan(scene.topic());
      assertThat(plan.filesBefore()).isEqualTo(9);
      assertThat(scene.dataset().manifests()).hasSize(3);
      assertThat(compaction(scene, step -> {}).run(scene.topic()).filesAfter()).isEqualTo(3);
      Map<String, Long> before = scene.everything();
      assertThat(compaction(scene, step -> {}).run(scene.topic()).isEmpty()).isTrue();
      assertThat(scene.everything()).isEqualTo(before);
    }
  }

  /** As if the process died there: nothing of its own is tidied up. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @EnumSource(Compaction.Step.class)
  void killedAnywhereItHasChangedNothingThatReadersSee(Compaction.Step step, Servers servers)
      throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 2);
      List<String> rows = rows(scene);
      List<String> paths = paths(scene);
      Compaction dying =
          compaction(
              scene,
              reached -> {
                if (reached == step) {
                  throw new Killed();
                }
              });
      assertThatThrownBy(() -> dying.run(scene.topic())).isInstanceOf(Killed.class);
      assertThat(rows(scene)).isEqualTo(rows);
      if (step == Compaction.Step.COMMITTED) {
        assertThat(paths(scene)).hasSize(3);
      } else {
        assertThat(paths(scene)).isEqualTo(paths);
        assertThat(compaction(scene, s -> {}).run(scene.topic()).filesAfter()).isEqualTo(3);
      }
      assertThat(rows(scene)).isEqualTo(rows);
      assertNothingIsLeftAfterASweep(scene);
      assertThat(rows(scene)).isEqualTo(rows);
    }
  }

  private static void assertNothingIsLeftAfterASweep(Scene scene) throws IOException {
    Sweep sweep = new Sweep(scene.config(), scene.clock());
    Map<String, Long> all = scene.everything();
    // All of it is younger than the grace time.
    sweep.run(scene.dataset(), List.of(), false);
    sweep.staging(scene.dataset().fileSystem(), false);
    assertThat(scene.everything()).isEqualTo(all);
    scene.conf().set("lambda.compact.grace", "0ms");
    Sweep now = new Sweep(scene.config(), scene.clock());
    now.run(scene.dataset(), List.of(), true);
    assertThat(scene.everything()).isEqualTo(all);
    now.run(scene.dataset(), List.of(), false);
    now.staging(scene.dataset().fileSystem(), false);
    Set<String> listed =
        paths(scene).stream()
            .map(p -> scene.conf().get("lambda.master") + "/" + p)
            .collect(Collectors.toSet());
    assertThat(scene.everything().keySet())
        .filteredOn(f -> !f.matches(".*/_manifests/[0-9]{20}\\.json"))
        .containsExactlyInAnyOrderElementsOf(listed);
  }

  @Test
  void goesOnBehindAnArchiveThatWasFirst(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 2);
      List<String> rows = rows(scene);
      Compaction slow =
          compaction(
              scene,
              reached -> {
                if (reached == Compaction.Step.MOVED) {
                  scene.sendAll(0, sales(scene, new Random(5), 1, 10), Sale.V1);
                  running(() -> archive(scene, Sale.V1));
                }
              });
      assertThat(slow.run(scene.topic()).sequences()).containsExactly(4L);
      assertThat(scene.manifests()).hasSize(3);
      assertThat(rows(scene)).hasSize(rows.size() + 10).containsAll(rows);
      assertThat(scene.dataset().manifests().get(3).manifest())
          .isInstanceOf(CompactionManifest.class);
    }
  }

  @Test
  void ofTwoCompactionsOfTheSameFilesOneIsOvertaken(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 2);
      List<String> rows = rows(scene);
      Compaction slow =
          compaction(
              scene,
              reached -> {
                if (reached == Compaction.Step.MOVED) {
                  running(() -> compaction(scene, s -> {}).run(scene.topic()));
                }
              });
      assertThatThrownBy(() -> slow.run(scene.topic()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("Another run has compacted the same files");
      assertThat(scene.dataset().manifests()).hasSize(3);
      assertThat(rows(scene)).isEqualTo(rows);
      assertThat(scene.everything().keySet()).filteredOn(f -> f.contains("compacted")).hasSize(3);
    }
  }

  private interface Run {
    void run() throws Exception;
  }

  private static void running(Run run) {
    try {
      run.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void doesNotCopyWhatIsDamaged(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 2);
      DataFile file = contents(scene).files().get(2).file();
      Path path = scene.dataset().resolve(file.path());
      byte[] bytes;
      try (var in = scene.dataset().fileSystem().open(path)) {
        bytes = in.readAllBytes();
      }
      bytes[bytes.length / 3] ^= 1;
      try (FSDataOutputStream out = scene.dataset().fileSystem().create(path, true)) {
        out.write(bytes);
      }
      Map<String, Long> before = scene.everything();
      assertThatThrownBy(() -> compaction(scene, s -> {}).run(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(file.path() + " is not what was written")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
      assertThat(scene.everything()).isEqualTo(before);
    }
  }

  @Test
  void whatAVersionOrALeaseHoldsIsKept(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, 1)) {
      scene.conf().set("lambda.compact.grace", "60s");
      scene.conf().set("lambda.lease", "1d");
      archiveSmallFiles(scene, 2);
      Version version =
          new Recompute(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
              .run(scene.viewName());
      List<String> old = paths(scene);
      try (Lease lease = Lease.take(scene.dataset(), "test", scene.clock(), Duration.ofDays(1))) {
        compaction(scene, s -> {}).run(scene.topic());
        scene.move(Duration.ofSeconds(45));
        Sweep sweep = new Sweep(scene.config(), scene.clock());
        assertThat(sweep.run(scene.dataset(), List.of(), false))
            .as("younger than the grace time")
            .isEqualTo(new SweepResult(0, 6, 0, 0, 0));
        scene.move(Duration.ofSeconds(16));
        assertThat(sweep.run(scene.dataset(), List.of(), false))
            .as("leased")
            .isEqualTo(new SweepResult(0, 6, 0, 0, 0));
      }
      Sweep sweep = new Sweep(scene.config(), scene.clock());
      assertThat(sweep.run(scene.dataset(), List.of(version), false))
          .as("pinned")
          .isEqualTo(new SweepResult(0, 6, 0, 0, 0));
      SweepResult swept = sweep.run(scene.dataset(), List.of(), false);
      assertThat(swept.superseded()).isEqualTo(6);
      assertThat(swept.waiting()).isZero();
      for (String path : old) {
        assertThat(scene.dataset().fileSystem().exists(scene.dataset().resolve(path))).isFalse();
      }
      assertThat(rows(scene)).hasSize(120);
      assertThat(sweep.run(scene.dataset(), List.of(), false))
          .isEqualTo(new SweepResult(0, 0, 0, 0, 0));
    }
  }
}
