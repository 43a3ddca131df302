package dev.lambdastack.batch.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.LostAnswers;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.TableRows;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
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
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.data.Record;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
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

  private static List<String> paths(Scene scene) throws IOException {
    return scene.contents().files().stream().map(LiveFile::path).sorted().toList();
  }

  /**
   * Every row that readers see, as Iceberg's own reader gives it, with all its columns, those that
   * its file has, and the schema that it is read by.
   */
  private static List<String> rows(Scene scene) throws IOException {
    List<String> rows = new ArrayList<>();
    for (LiveFile live : scene.contents().files()) {
      String columns = columns(scene, live);
      for (Record row : scene.read(live)) {
        rows.add(live.pinned().orElseThrow() + " " + columns + " " + TableRows.plain(row));
      }
    }
    rows.sort(Comparator.naturalOrder());
    return rows;
  }

  /** The columns of the file itself, with their ids. */
  private static String columns(Scene scene, LiveFile file) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(new Path(file.path()), scene.conf()))) {
      return reader.getFileMetaData().getSchema().toString().replace('\n', ' ');
    }
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

  /** The files that it wrote may be the only ones that have the rows. */
  @Test
  void aCompactionThatIsNotToldWhetherItCommittedKeepsItsFiles(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      LostAnswers.in(scene.conf());
      archiveSmallFiles(scene, 4);
      List<String> rows = rows(scene);
      List<String> before = paths(scene);

      assertThatThrownBy(
              () ->
                  compaction(
                          scene,
                          reached -> {
                            if (reached == Compaction.Step.WRITTEN) {
                              LostAnswers.next(1, Integer.MAX_VALUE);
                            }
                          })
                      .run(scene.topic()))
          .isInstanceOfAny(UnavailableException.class, IOException.class);
      LostAnswers.next(0, 0);
      assertThat(paths(scene)).isNotEqualTo(before);
      assertThat(rows(scene)).isEqualTo(rows);
    }
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
      Contents before = scene.contents();
      List<String> rowsBefore = rows(scene);
      assertThat(rowsBefore).hasSize(3 * 3 * 150 + 2 * 120);
      assertThat(before.files()).anyMatch(f -> f.date().isEmpty());
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
      Contents after = scene.contents();
      // One commit for the files of each schema.
      assertThat(result.commits()).isEqualTo(2);
      assertThat(after.runs()).isEqualTo(before.runs());
      assertThat(scene.deadLetterRows()).hasSize(3);
      assertThat(after.files().size()).isLessThan(before.files().size() / 2);
      assertThat(after.files()).allMatch(f -> f.date().isPresent());
      for (LiveFile live : after.files()) {
        assertListedAsItIs(scene, live);
      }
      // A date with more than the target's bytes has several files.
      assertThat(after.files().stream().map(LiveFile::date).distinct().count())
          .isLessThan(after.files().size() - 1);

      Version second = leased(scene);
      assertThat(cells(connection, second)).isEqualTo(cells(connection, first)).isNotEmpty();
      assertThat(second.events()).isEqualTo(first.events());
      scene.conf().unset("lambda.job.compact.target");
    }
  }

  /** The files that it reads are leased when it says the time of the version, and no longer. */
  private static Version leased(Scene scene) throws Exception {
    long snapshot = scene.contents().snapshot();
    AtomicBoolean seen = new AtomicBoolean();
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            if (held(scene).contains(snapshot)) {
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

  /** Snapshots that have a tag. */
  private static Set<Long> held(Scene scene) {
    return scene.iceberg().refs().values().stream()
        .filter(SnapshotRef::isTag)
        .map(SnapshotRef::snapshotId)
        .collect(Collectors.toSet());
  }

  private static void assertListedAsItIs(Scene scene, LiveFile file) throws IOException {
    List<Record> rows = scene.read(file);
    assertThat(rows).hasSize((int) file.rows());
    assertThat(rows)
        .isSortedAccordingTo(
            Comparator.comparing(CompactionIT::eventTime)
                .thenComparing(r -> (Integer) r.getField(EventColumns.PARTITION))
                .thenComparing(r -> (Long) r.getField(EventColumns.OFFSET)));
    assertThat(rows)
        .allMatch(r -> CompactionPlan.dateOf(eventTime(r)).equals(file.date().orElseThrow()));
    assertThat(file.eventTimes())
        .isEqualTo(
            new LiveFile.Range(eventTime(rows.get(0)), eventTime(rows.get(rows.size() - 1))));

    var offsets = rows.stream().mapToLong(r -> (Long) r.getField(EventColumns.OFFSET));
    assertThat(offsets.summaryStatistics())
        .returns(file.offsets().min(), s -> s.getMin())
        .returns(file.offsets().max(), s -> s.getMax());
    var partitions = rows.stream().mapToInt(r -> (Integer) r.getField(EventColumns.PARTITION));
    assertThat(partitions.summaryStatistics())
        .returns((int) file.partitions().min(), s -> s.getMin())
        .returns((int) file.partitions().max(), s -> s.getMax());

    assertThat(FileCheck.ofLength(scene.conf(), file.path(), file.lengthBytes())).isEmpty();
    assertThat(FileCheck.ofPages(scene.conf(), file.path(), file.rows())).isEmpty();
  }

  private static long eventTime(Record row) {
    return ((OffsetDateTime) row.getField("event_time")).toInstant().toEpochMilli();
  }

  @Test
  void aSecondRunHasNothingToDo(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      archiveSmallFiles(scene, 3);
      CompactionResult plan = compaction(scene, step -> {}).plan(scene.topic());
      assertThat(plan.filesBefore()).isEqualTo(9);
      assertThat(scene.iceberg().snapshots()).hasSize(3);
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
    // Snapshots and files have the system's time.
    Clock clock = Clock.systemUTC();
    Sweep sweep = new Sweep(scene.config(), clock);
    Set<String> all = files(scene);
    // All of it is younger than the grace time.
    sweep.run(scene.table(), false);
    sweep.staging(false);
    assertThat(files(scene)).isEqualTo(all);
    scene.conf().set("lambda.compact.grace", "0ms");
    Sweep now = new Sweep(scene.config(), clock);
    now.run(scene.table(), true);
    assertThat(files(scene)).isEqualTo(all);
    now.run(scene.table(), false);
    now.staging(false);
    Set<String> listed =
        paths(scene).stream().map(p -> new Path(p).toUri().getPath()).collect(Collectors.toSet());
    assertThat(files(scene)).isEqualTo(listed);
    assertThat(scene.everything().keySet()).noneMatch(f -> f.contains("/staging/"));
  }

  /** But those of the tables' own metadata, which each commit adds to. */
  private static Set<String> files(Scene scene) throws IOException {
    return scene.everything().keySet().stream()
        .filter(f -> !f.contains("/metadata/"))
        .collect(Collectors.toSet());
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
                if (reached == Compaction.Step.WRITTEN) {
                  scene.sendAll(0, sales(scene, new Random(5), 1, 10), Sale.V1);
                  running(() -> archive(scene, Sale.V1));
                }
              });
      assertThat(slow.run(scene.topic()).commits()).isEqualTo(1);
      assertThat(scene.runs()).hasSize(3);
      assertThat(rows(scene)).hasSize(rows.size() + 10).containsAll(rows);
      assertThat(scene.iceberg().snapshots()).hasSize(4);
      assertThat(scene.iceberg().currentSnapshot().operation()).isEqualTo(DataOperations.REPLACE);
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
                if (reached == Compaction.Step.WRITTEN) {
                  running(() -> compaction(scene, s -> {}).run(scene.topic()));
                }
              });
      assertThatThrownBy(() -> slow.run(scene.topic()))
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("Another run has compacted the same files");
      assertThat(scene.iceberg().snapshots()).hasSize(3);
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
      LiveFile file = scene.contents().files().get(2);
      Path path = new Path(file.path());
      FileSystem fileSystem = path.getFileSystem(scene.conf());
      byte[] bytes;
      try (var in = fileSystem.open(path)) {
        bytes = in.readAllBytes();
      }
      // The first pages are behind the magic number; their headers are not covered by checksums.
      int at = 4;
      while (FileCheck.ofPages(scene.conf(), file.path(), file.rows()).isEmpty()) {
        bytes[at] ^= 1;
        try (FSDataOutputStream out = fileSystem.create(path, true)) {
          out.write(bytes);
        }
        bytes[at++] ^= 1;
      }
      Map<String, Long> before = scene.everything();
      assertThatThrownBy(() -> compaction(scene, s -> {}).run(scene.topic()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(file.path() + " is not what was written")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
      assertThat(scene.everything()).isEqualTo(before);
    }
  }

  /** A snapshot that a run reads, or that a person has named. */
  @Test
  void whatALeaseOrATagHoldsIsKept(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      scene.conf().set("lambda.compact.grace", "60m");
      archiveSmallFiles(scene, 2);
      List<String> old = paths(scene);
      long snapshot = scene.contents().snapshot();
      try (Lease lease =
          Lease.take(scene.table(), "test", Clock.systemUTC(), Duration.ofDays(1)).lease()) {
        assertThat(scene.table().isHeld(lease.name(), Instant.now())).isTrue();
        compaction(scene, s -> {}).run(scene.topic());
        assertThat(sweepIn(scene, Duration.ofMinutes(61))).as("leased").isEqualTo(waiting(6));
      }
      assertThat(sweepIn(scene, Duration.ofMinutes(30)))
          .as("younger than the grace time")
          .isEqualTo(waiting(6));
      scene.iceberg().manageSnapshots().createTag("before", snapshot).commit();
      Duration later = Duration.ofMinutes(61);
      assertThat(sweepIn(scene, later)).as("named").isEqualTo(waiting(6));
      scene.iceberg().manageSnapshots().removeTag("before").commit();

      SweepResult swept = sweepIn(scene, later);
      assertThat(swept.superseded()).isEqualTo(6);
      assertThat(swept.waiting()).isZero();
      for (String path : old) {
        Path file = new Path(path);
        assertThat(file.getFileSystem(scene.conf()).exists(file)).isFalse();
      }
      assertThat(rows(scene)).hasSize(120);
      assertThat(sweepIn(scene, later)).isEqualTo(waiting(0));
    }
  }

  /** Without what old metadata leaves: each commit supersedes some. */
  private static SweepResult sweepIn(Scene scene, Duration later) throws IOException {
    Clock clock = Clock.offset(Clock.systemUTC(), later);
    SweepResult result = new Sweep(scene.config(), clock).run(scene.table(), false);
    return new SweepResult(
        result.superseded(), result.waiting(), result.orphans(), result.bytes(), 0);
  }

  private static SweepResult waiting(int files) {
    return new SweepResult(0, files, 0, 0, 0);
  }

  /** Its rows are in the files of now, and which ones they are its coordinates tell. */
  @Test
  void aVersionOfThePastIsComputedWhenItsFilesAreGone(Servers servers) throws Exception {
    try (Scene scene = Scene.openWithHBase(servers, 1);
        Connection connection = HBaseConnector.connect(scene.config())) {
      archiveSmallFiles(scene, 1);
      Instant moment = scene.clock().instant();
      Recompute recompute =
          new Recompute(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock());
      Version then = recompute.run(scene.viewName());
      archiveSmallFiles(scene, 2);
      compaction(scene, s -> {}).run(scene.topic());
      scene.conf().set("lambda.compact.grace", "0ms");
      assertThat(sweepIn(scene, Duration.ZERO).superseded()).isEqualTo(9);

      Version past =
          recompute.run(List.of(scene.viewName()), Recompute.Options.asOf(moment)).get(0).version();
      assertThat(cells(connection, past)).isEqualTo(cells(connection, then)).isNotEmpty();
      assertThat(past.events()).isEqualTo(then.events());
    }
  }
}
