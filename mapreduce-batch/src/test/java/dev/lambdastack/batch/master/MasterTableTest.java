package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.LostAnswers;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterTableTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path folder;
  private Hits hits;
  private MasterTable table;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void open() throws IOException {
    hits = new Hits(folder);
    table = hits.open();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
  }

  private void commitTwo() throws IOException {
    hits.mustCommit(table, "run-1", 7, 2);
    table.settleDeadLetters();
    hits.mustCommit(table, "run-2", 8, 1);
    table.settleDeadLetters();
  }

  private Contents contents() throws IOException {
    return table.contents().orElseThrow();
  }

  /** Offsets of all rows, as Iceberg's own reader gives them. */
  private static List<Long> offsets(Table iceberg, String column) throws IOException {
    List<Long> offsets = new ArrayList<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(iceberg).build()) {
      rows.forEach(r -> offsets.add((Long) r.getField(column)));
    }
    return offsets.stream().sorted().toList();
  }

  private List<Long> offsets() throws IOException {
    return offsets(hits.iceberg(), EventColumns.OFFSET);
  }

  private List<Long> deadOffsets() throws IOException {
    return offsets(table.deadLetters().table().orElseThrow(), "offset");
  }

  private static List<Long> range(long from, long to) {
    return IntStream.range((int) from, (int) to).mapToObj(i -> (long) i).toList();
  }

  private static List<Long> concat(List<Long> a, List<Long> b) {
    List<Long> both = new ArrayList<>(a);
    both.addAll(b);
    both.sort(Comparator.naturalOrder());
    return both;
  }

  // ---- runs

  @Test
  void beginsEmptyAndKeepsTheChain() throws IOException {
    assertThat(table.runs()).isEmpty();
    assertThat(table.contents()).isEmpty();
    assertThat(table.state(hits.conf())).isEmpty();
    table.settleDeadLetters();
    assertThat(folder).as("nothing is written by looking").isEmptyDirectory();

    commitTwo();

    List<ArchiveRun> runs = table.runs();
    assertThat(runs).extracting(ArchiveRun::number).containsExactly(1L, 2L);
    assertThat(runs.get(1).previous()).hasValue(runs.get(0).digest());
    assertThat(runs).extracting(ArchiveRun::runId).containsExactly("run-1", "run-2");
    assertThat(offsets()).isEqualTo(concat(range(0, 7), range(10, 18)));
    assertThat(deadOffsets()).containsExactly(8L, 9L, 19L);

    Contents contents = contents();
    assertThat(contents.runs()).isEqualTo(runs);
    assertThat(contents.events()).isEqualTo(15);
    assertThat(contents.horizon().epoch()).isEqualTo(2);
    assertThat(contents.horizon().offsets()).isEqualTo(Map.of(0, 20L));
    assertThat(contents.schemas()).containsExactly(Hits.SCHEMA);
    assertThat(contents.files())
        .allMatch(f -> f.pinned().equals(Optional.of(Fingerprints.of(Hits.SCHEMA))))
        .allMatch(f -> f.partitions().equals(new LiveFile.Range(0, 0)))
        .extracting(LiveFile::date)
        .containsExactlyInAnyOrder(
            Optional.of(Hits.date(runs.get(0))), Optional.of(Hits.date(runs.get(1))));
  }

  @Test
  void aRunWithoutAnEventIsARun() throws IOException {
    hits.mustCommit(table, "run-1", 0, 0);
    assertThat(contents().events()).isZero();
    assertThat(contents().files()).isEmpty();
    assertThat(hits.commit(table, "run-2", 3, 0).orElseThrow().number()).isEqualTo(2);
    assertThat(contents().events()).isEqualTo(3);
  }

  @Test
  void thePropertyAndTheSummaryOfARunAgree() throws IOException {
    commitTwo();
    Table iceberg = hits.iceberg();
    List<Snapshot> snapshots =
        StreamSupport.stream(iceberg.snapshots().spliterator(), false).toList();
    assertThat(snapshots).hasSize(2);
    for (ArchiveRun run : table.runs()) {
      Snapshot snapshot = snapshots.get((int) run.number() - 1);
      assertThat(iceberg.properties().get("lambda.run." + run.number())).isEqualTo(run.toJson());
      assertThat(snapshot.summary())
          .containsEntry("lambda.run", String.valueOf(run.number()))
          .containsEntry("lambda.archived", run.toJson())
          .containsEntry("lambda.digest", run.digest());
      assertThat(snapshot.sequenceNumber())
          .as("files of this run hold nothing behind its horizon")
          .isEqualTo(run.sequence());
    }
    assertThat(iceberg.properties()).containsEntry("lambda.runs", "2");
  }

  @Test
  void columnsFollowTheSchemaAndASecondTimeNothingIsWritten() throws IOException {
    hits.commit(table, "run-1", 7, 0);
    table.prepare(Hits.type(Hits.LATER));
    assertThat(hits.iceberg().schema().findField("count").initialDefault()).isEqualTo(1L);
    assertThat(table.schemas()).containsExactlyInAnyOrder(Hits.SCHEMA, Hits.LATER);
    Set<Path> files = files();

    table.prepare(Hits.type(Hits.LATER));
    assertThat(files()).isEqualTo(files);

    // A deployment goes back, and later forth again.
    table.prepare(Hits.type(Hits.SCHEMA));
    table.prepare(Hits.type(Hits.LATER));
    assertThat(table.schemas()).hasSize(2);
    assertThat(hits.commit(table, "run-2", 7, 0)).isPresent();
    assertThat(contents().events()).isEqualTo(14);
  }

  private Set<Path> files() throws IOException {
    try (var all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).collect(Collectors.toSet());
    }
  }

  @Test
  void aSchemaThatChangesNoColumnIsNotedToo() throws IOException {
    hits.commit(table, "run-1", 7, 0);
    Schema reordered =
        SchemaBuilder.record("Hit")
            .fields()
            .requiredString("user")
            .name("event_time")
            .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
            .noDefault()
            .endRecord();
    table.prepare(Hits.type(reordered));
    assertThat(table.schemas()).containsExactlyInAnyOrder(Hits.SCHEMA, reordered);
  }

  @Test
  void nothingIsThereBeforeTheFirstRunsCommit() throws IOException {
    MasterTable.Prepared prepared = table.prepare(Hits.type(Hits.SCHEMA));
    ArchiveRun run = Hits.next(List.of(), "run-1", 7, 2);
    List<DataFile> files = hits.files(prepared.layout(), run);
    List<String> dead = hits.deadLetters(table, run);
    assertThat(metadata()).isEmpty();
    assertThat(table.contents()).isEmpty();
    assertThat(table.upkeep(hits.conf())).isEmpty();

    assertThat(table.commit(prepared, run, files, dead)).isPresent();
    assertThat(contents().events()).isEqualTo(7);
  }

  @Test
  void manyBringATableToTheirSchemasAtOnce() throws Exception {
    for (int round = 0; round < 10; round++) {
      Hits each = new Hits(folder.resolve("round-" + round));
      each.commit(each.open(), "run-1", 7, 0);
      race(
          6,
          i -> {
            MasterTable mine = each.open();
            return mine.prepare(Hits.type(i % 2 == 0 ? Hits.SCHEMA : Hits.LATER));
          });
      assertThat(each.open().schemas()).containsExactlyInAnyOrder(Hits.SCHEMA, Hits.LATER);
      assertThat(each.iceberg().schema().findField("count")).isNotNull();
    }
  }

  // ---- races

  private interface Racer<T> {
    T run(int number) throws Exception;
  }

  private <T> List<T> race(int racers, Racer<T> racer) throws Exception {
    CyclicBarrier start = new CyclicBarrier(racers);
    List<Future<T>> running = new ArrayList<>();
    for (int i = 0; i < racers; i++) {
      int number = i;
      running.add(
          threads.submit(
              (Callable<T>)
                  () -> {
                    start.await();
                    return racer.run(number);
                  }));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> each : running) {
      results.add(each.get());
    }
    return results;
  }

  @Test
  void ofManyRunsOfOneNumberExactlyOneCommits() throws Exception {
    for (int round = 1; round <= 50; round++) {
      List<ArchiveRun> before = table.runs();
      String prefix = "round-" + round + "-racer-";
      List<Optional<ArchiveRun>> results =
          race(
              4,
              i -> {
                MasterTable mine = hits.open();
                return hits.commit(mine, Hits.next(before, prefix + i, i + 1, 1));
              });
      table.settleDeadLetters();

      List<ArchiveRun> winners = results.stream().flatMap(Optional::stream).toList();
      assertThat(winners).as("round %d", round).hasSize(1);
      assertThat(table.runs()).hasSize(round).endsWith(winners.get(0));
      assertThat(contents().files())
          .filteredOn(f -> f.path().contains(prefix))
          .allMatch(f -> f.path().contains(winners.get(0).runId()))
          .hasSize(1);
    }
    assertThat(offsets()).doesNotHaveDuplicates().hasSize((int) contents().events());
    assertThat(deadOffsets()).hasSize(50).doesNotHaveDuplicates();
  }

  @Test
  void aTakenNumberIsNotTakenAgain() throws IOException {
    commitTwo();
    ArchiveRun first = table.runs().get(0);
    ArchiveRun late = Hits.next(List.of(first), "late", 8, 1);
    Set<Path> before = metadata();
    assertThat(hits.commit(table, late)).isEmpty();
    assertThat(metadata()).isEqualTo(before);
    assertThat(table.runs()).extracting(ArchiveRun::runId).containsExactly("run-1", "run-2");
  }

  private Set<Path> metadata() throws IOException {
    return files().stream()
        .filter(f -> f.toString().contains("metadata"))
        .collect(Collectors.toSet());
  }

  private Set<DataFile> dataFiles(Contents contents) {
    return contents.files().stream().map(LiveFile::file).collect(Collectors.toSet());
  }

  /** Another file with the rows of the first files, offset by offset. */
  private DataFile merged(Contents contents, String name) throws IOException {
    ArchiveRun run = contents.runs().get(0);
    return hits.file(table.layout(), run, name, 0, contents.events()).get(0);
  }

  @Test
  void aCompactionAndAnArchiveRunAtOnceBothCommit() throws Exception {
    hits.mustCommit(table, "run-1", 10, 0);
    for (int round = 1; round <= 20; round++) {
      Contents contents = contents();
      DataFile merged = merged(contents, "merged-" + round);
      String runId = "round-" + round;
      List<Boolean> results =
          race(
              2,
              i -> {
                MasterTable mine = hits.open();
                if (i == 0) {
                  return mine.replace(contents, dataFiles(contents), Set.of(merged), runId);
                }
                return hits.commit(mine, runId, 10, 0).isPresent();
              });

      assertThat(results).as("round %d", round).containsExactly(true, true);
      assertThat(contents().files()).hasSize(2);
      assertThat(offsets()).isEqualTo(range(0, 10 * (round + 1)));
      assertThat(table.runs()).hasSize(round + 1);
    }
  }

  @Test
  void ofTwoCompactionsOfOneFileOneCommits() throws Exception {
    commitTwo();
    Contents contents = contents();
    List<LiveFile> first = contents.files().subList(0, 1);
    DataFile one =
        hits.file(table.layout(), contents.runs().get(0), "one", 100, first.get(0).rows()).get(0);
    DataFile other = hits.file(table.layout(), contents.runs().get(0), "other", 200, 15).get(0);
    assertThat(table.replace(contents, Set.of(first.get(0).file()), Set.of(one), "first")).isTrue();
    assertThat(table.replace(contents, dataFiles(contents), Set.of(other), "second")).isFalse();
    assertThat(contents().files()).anyMatch(f -> f.path().endsWith("one.parquet")).hasSize(2);
  }

  /** So an increment finds by it what is new, whatever was rewritten. */
  @Test
  void aCompactedFileIsAsOldAsItsNewestRows() throws Exception {
    commitTwo();
    ArchiveRun first = table.runs().get(0);
    ArchiveRun second = table.runs().get(1);
    Contents contents = contents();
    LiveFile oldest =
        contents.files().stream().filter(f -> f.path().contains("run-1")).findFirst().orElseThrow();
    DataFile again = hits.file(table.layout(), first, "again", 0, 7).get(0);
    assertThat(table.replace(contents, Set.of(oldest.file()), Set.of(again), "c1")).isTrue();

    LiveFile compacted =
        contents().files().stream()
            .filter(f -> f.path().endsWith("again.parquet"))
            .findFirst()
            .orElseThrow();
    assertThat(compacted.sequence()).isEqualTo(oldest.sequence()).isEqualTo(first.sequence());
    assertThat(compacted.side(first.horizon(), first.sequence())).isEqualTo(LiveFile.Side.BEFORE);

    DataFile all = merged(contents(), "all");
    assertThat(table.replace(contents(), dataFiles(contents()), Set.of(all), "c2")).isTrue();
    assertThat(contents().files().get(0).sequence()).isEqualTo(second.sequence());
    assertThat(contents().files().get(0).side(first.horizon(), first.sequence()))
        .isEqualTo(LiveFile.Side.EITHER);
  }

  // ---- what goes and what stays

  /** Maintenance by whatever program: what runs have archived is not in snapshots alone. */
  @Test
  void runsSurviveTheEndOfTheirSnapshots() throws IOException {
    commitTwo();
    List<ArchiveRun> runs = table.runs();
    hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    assertThat(hits.iceberg().snapshots()).hasSize(1);

    assertThat(table.runs()).isEqualTo(runs);
    assertThat(contents().events()).isEqualTo(15);
    hits.mustCommit(table, "run-3", 5, 0);
    hits.iceberg().rewriteManifests().clusterBy(f -> "all").commit();
    hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    assertThat(table.runs()).hasSize(3).startsWith(runs.toArray(new ArchiveRun[0]));
    assertThat(contents().events()).isEqualTo(20);
    assertThat(offsets()).hasSize(20);
    assertThat(table.state(hits.conf()).orElseThrow().runs())
        .containsExactlyElementsOf(table.runs().stream().map(ArchiveRun::toJson).toList());
  }

  @Test
  void aLeaseKeepsItsSnapshotAndFilesUntilItIsOver() throws IOException {
    hits.mustCommit(table, "run-1", 10, 0);
    Contents contents = contents();
    String path = contents.files().get(0).path();
    // Validity is counted from the real time, by which Iceberg expires.
    Instant now = Instant.now();
    assertThat(table.tag("lambda-run-x", contents.snapshot(), now.plus(HOUR))).isTrue();
    assertThat(table.isHeld("lambda-run-x", now)).isTrue();
    assertThat(table.isHeld("lambda-run-x", now.plus(HOUR).plusSeconds(1))).isFalse();
    assertThat(table.isHeld("lambda-run-y", now)).isFalse();

    table.replace(contents, dataFiles(contents), Set.of(merged(contents, "m")), "c");
    hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    assertThat(hits.iceberg().snapshot(contents.snapshot())).isNotNull();
    assertThat(Path.of(URI.create(path).getPath())).exists();

    assertThat(table.tag("lambda-run-x", contents.snapshot(), now.minusSeconds(60))).isTrue();
    assertThat(table.isHeld("lambda-run-x", now)).isFalse();
    awaitPast(hits.iceberg().snapshot(contents.snapshot()));
    sweep(Instant.now());
    assertThat(hits.iceberg().snapshot(contents.snapshot())).isNull();
    assertThat(Path.of(URI.create(path).getPath())).doesNotExist();
    assertThat(table.tag("lambda-run-x", contents.snapshot(), now.plus(HOUR))).isFalse();
    assertThat(offsets()).isEqualTo(range(0, 10));
  }

  /** A tag's age is at least one millisecond, from its snapshot on. */
  private static void awaitPast(Snapshot snapshot) {
    while (System.currentTimeMillis() <= snapshot.timestampMillis() + 2) {
      Thread.onSpinWait();
    }
  }

  private TableUpkeep upkeep() throws IOException {
    return table.upkeep(hits.conf()).get(0);
  }

  private TableUpkeep.Found sweep(Instant before) throws IOException {
    TableUpkeep upkeep = upkeep();
    TableUpkeep.Found found = upkeep.look(before);
    upkeep.remove(found, before);
    return found;
  }

  /** Who read the older snapshot before may read it still, however long ago it was made. */
  @Test
  void whatWasReplacedJustNowStays() throws IOException {
    hits.mustCommit(table, "run-1", 10, 0);
    Contents contents = contents();
    Path old = Path.of(URI.create(contents.files().get(0).path()).getPath());
    Snapshot first = hits.iceberg().currentSnapshot();
    awaitPast(first);
    table.replace(contents, dataFiles(contents), Set.of(merged(contents, "m")), "c");
    Instant replaced = Instant.ofEpochMilli(hits.iceberg().currentSnapshot().timestampMillis());

    TableUpkeep.Found early = sweep(replaced.minusMillis(1));
    assertThat(early.superseded()).isEmpty();
    assertThat(early.waiting()).isEqualTo(1);
    assertThat(old).exists();
    assertThat(hits.iceberg().snapshot(first.snapshotId())).isNotNull();

    assertThat(sweep(replaced).superseded()).hasSize(1);
    assertThat(old).doesNotExist();
    assertThat(hits.iceberg().snapshot(first.snapshotId())).isNull();
    assertThat(offsets()).isEqualTo(range(0, 10));
    assertThat(upkeep().look(Instant.MAX))
        .returns(Set.of(), TableUpkeep.Found::superseded)
        .returns(0, TableUpkeep.Found::waiting)
        .returns(Set.of(), TableUpkeep.Found::orphans);
  }

  @Test
  void aTagThatIsTakenMeanwhileKeepsItsFiles() throws IOException {
    hits.mustCommit(table, "run-1", 10, 0);
    Contents contents = contents();
    Path old = Path.of(URI.create(contents.files().get(0).path()).getPath());
    table.replace(contents, dataFiles(contents), Set.of(merged(contents, "m")), "c");
    TableUpkeep upkeep = upkeep();
    TableUpkeep.Found found = upkeep.look(Instant.MAX);
    assertThat(found.superseded()).hasSize(1);

    table.tag("lambda-run-x", contents.snapshot(), Instant.now().plus(HOUR));
    upkeep.remove(found, Instant.MAX);
    assertThat(old).exists();
    assertThat(hits.iceberg().snapshot(contents.snapshot())).isNotNull();
  }

  @Test
  void whatKilledRunsHaveLeftIsFound() throws IOException {
    hits.mustCommit(table, "run-1", 10, 0);
    ArchiveRun killed = Hits.next(table.runs(), "killed", 10, 0);
    hits.files(table.layout(), killed);
    Path trace = folder.resolve("events/hits/metadata/0123-m0.avro");
    Files.writeString(trace, "left");
    Set<Path> before = files();

    TableUpkeep.Found found = upkeep().look(Instant.now().plusSeconds(60));
    assertThat(found.orphans()).singleElement().asString().contains("/killed.");
    assertThat(found.traces()).singleElement().asString().endsWith("/0123-m0.avro");
    assertThat(files()).isEqualTo(before);
    assertThat(upkeep().look(Instant.now().minusSeconds(3600)))
        .returns(Set.of(), TableUpkeep.Found::orphans)
        .returns(Set.of(), TableUpkeep.Found::traces);

    sweep(Instant.now().plusSeconds(60));
    assertThat(trace).doesNotExist();
    assertThat(files()).noneMatch(f -> f.toString().contains("/killed."));
    assertThat(offsets()).isEqualTo(range(0, 10));
    assertThat(hits.commit(table, "run-2", 10, 0)).isPresent();
  }

  @Test
  void removingATagThatIsNotThereDoesNothing() throws IOException {
    commitTwo();
    Set<Path> before = files();
    table.removeTag("lambda-run-x");
    assertThat(files()).isEqualTo(before);
    table.tag("lambda-run-x", contents().snapshot(), Instant.now().plus(HOUR));
    table.removeTag("lambda-run-x");
    assertThat(hits.iceberg().refs()).containsOnlyKeys("main");
  }

  // ---- dead letters

  @Test
  void deadLettersAreSettledOnce() throws IOException {
    hits.mustCommit(table, "run-1", 7, 3);
    assertThat(table.deadLetters().table()).isEmpty();
    table.settleDeadLetters();
    table.settleDeadLetters();
    hits.open().settleDeadLetters();
    assertThat(deadOffsets()).containsExactly(7L, 8L, 9L);
  }

  @Test
  void ofManyThatSettleAtOnceOneAddsThem() throws Exception {
    for (int round = 1; round <= 20; round++) {
      hits.mustCommit(table, "run-" + round, 7, 3);
      race(
          4,
          i -> {
            hits.open().settleDeadLetters();
            return i;
          });
      assertThat(deadOffsets()).as("round %d", round).hasSize(3 * round).doesNotHaveDuplicates();
    }
  }

  /** The first process was killed between its two commits. */
  @Test
  void whatARunHasNotSettledTheNextOneSettles() throws IOException {
    hits.mustCommit(table, "run-1", 7, 3);

    MasterTable next = hits.open();
    hits.mustCommit(next, "run-2", 8, 2);
    assertThat(deadOffsets()).as("before the next run's own are there").containsExactly(7L, 8L, 9L);
    next.settleDeadLetters();
    assertThat(deadOffsets()).containsExactly(7L, 8L, 9L, 18L, 19L);

    hits.mustCommit(next, "run-3", 10, 0);
    next.settleDeadLetters();
    hits.mustCommit(next, "run-4", 9, 1);
    assertThat(
            hits.open().state(hits.conf()).orElseThrow().deadLetters().stream()
                .mapToLong(DeadLetterTable.LetterFile::rows)
                .sum())
        .as("who audits settles them too")
        .isEqualTo(6);
  }

  // ---- what others change

  private void setProperty(String key, String value) {
    hits.iceberg().updateProperties().set(key, value).commit();
  }

  private void assertBroken(String problem) {
    for (Callable<?> read : List.<Callable<?>>of(() -> table.runs(), () -> table.contents())) {
      assertThatThrownBy(read::call)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("What topic hits has archived is broken at ")
          .hasMessageContaining(problem)
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
  }

  @Test
  void aRunThatIsMissingIsNoticed() throws IOException {
    commitTwo();
    hits.iceberg().updateProperties().remove("lambda.run.1").commit();
    assertBroken("run 1: ");
  }

  @Test
  void aRunThatWasChangedIsNoticed() throws IOException {
    commitTwo();
    String first = table.runs().get(0).toJson();
    setProperty("lambda.run.1", first.replace("run-1", "run-x"));
    assertBroken("run 1: it is another one than its snapshot was committed with");
    hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    assertBroken("run 2: the run before it is not the one that it was made after");
    setProperty("lambda.run.1", first.substring(0, 60));
    assertBroken("run 1: no archive run");
    setProperty("lambda.run.1", first);
    assertThat(table.runs()).hasSize(2);
  }

  /** No other run names its digest: its snapshot's summary does, as long as it is there. */
  @Test
  void aLastRunThatWasChangedIsNoticed() throws IOException {
    commitTwo();
    String last = table.runs().get(1).toJson();
    setProperty("lambda.run.2", last.replace("\"end\":20", "\"end\":19"));
    assertBroken("run 2: ");
    setProperty("lambda.run.2", last.replace("run-2", "run-x"));
    assertBroken("run 2: it is another one than its snapshot was committed with");
  }

  @Test
  void runsThatWereCutOffAreNoticed() throws IOException {
    commitTwo();
    hits.iceberg().updateProperties().set("lambda.runs", "1").remove("lambda.run.2").commit();
    assertThatThrownBy(() -> table.contents())
        .isInstanceOf(InvalidInputException.class)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void rowsThatAnotherProgramDeletedOrAddedAreRefused() throws IOException {
    commitTwo();
    DataFile file = contents().files().get(0).file();
    Table iceberg = hits.iceberg();
    long good = iceberg.currentSnapshot().snapshotId();

    iceberg.newDelete().deleteFile(file.location()).commit();
    assertRefusedRows("where 15 events were archived");
    hits.iceberg().manageSnapshots().rollbackTo(good).commit();
    assertThat(contents().events()).isEqualTo(15);

    hits.iceberg()
        .newAppend()
        .appendFile(hits.file(table.layout(), table.runs().get(0), "more", 500, 2).get(0))
        .commit();
    assertRefusedRows("it has 17 rows, where 15 events were archived");
    hits.iceberg().manageSnapshots().rollbackTo(good).commit();
    assertThat(contents().events()).isEqualTo(15);
  }

  private void assertRefusedRows(String problem) {
    assertThatThrownBy(() -> table.contents())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot read table ")
        .hasMessageContaining(problem)
        .hasMessageContaining("roll the table back")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** As many rows as before, and files that lack some of them. */
  @Test
  void rowsThatWereDeletedByAVectorAreRefused() throws IOException {
    commitTwo();
    Table iceberg = hits.iceberg();
    DataFile data = contents().files().get(0).file();
    iceberg.newRowDelta().addDeletes(RowDeletes.of(iceberg, data, 0)).commit();
    assertRefusedRows("were deleted by another program");
    assertThat(table.state(hits.conf()).orElseThrow().deleted()).containsExactly(data.location());
  }

  private static Path local(String location) {
    return Path.of(new org.apache.hadoop.fs.Path(location).toUri().getPath());
  }

  /** Each kind of file that the table is made of, missing and cut off in the middle. */
  @Test
  void metadataThatIsDamagedIsRefusedInOneLineUntilItIsBack() throws IOException {
    commitTwo();
    Table iceberg = hits.iceberg();
    Snapshot snapshot = iceberg.currentSnapshot();
    for (String location :
        List.of(
            ((HasTableOperations) iceberg).operations().current().metadataFileLocation(),
            snapshot.manifestListLocation(),
            snapshot.allManifests(iceberg.io()).get(0).path())) {
      Path file = local(location);
      byte[] whole = Files.readAllBytes(file);
      Path sums = file.resolveSibling("." + file.getFileName() + ".crc");
      Files.deleteIfExists(sums);

      for (int length : new int[] {-1, 0, 3, whole.length / 2, whole.length * 3 / 4}) {
        Files.deleteIfExists(file);
        if (length >= 0) {
          Files.write(file, Arrays.copyOf(whole, length));
        }
        assertThatThrownBy(() -> hits.open().contents())
            .as("%s of %d bytes", file, length)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageStartingWith("Cannot use the tables in file:/")
            .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
        Files.write(file, whole);
      }
      assertThat(hits.open().contents().orElseThrow().events()).isEqualTo(15);
    }
  }

  /** Else what another program has deleted would be back, and nobody told. */
  @Test
  void filesOfWhichRowsWereDeletedMeanwhileAreNotReplaced() throws IOException {
    commitTwo();
    Contents contents = contents();
    DataFile merged = merged(contents, "m");
    DataFile data = contents.files().get(0).file();
    hits.iceberg().newRowDelta().addDeletes(RowDeletes.of(hits.iceberg(), data, 0)).commit();
    assertThat(table.replace(contents, dataFiles(contents), Set.of(merged), "c")).isFalse();
    assertRefusedRows("were deleted by another program");
  }

  // ---- where it may be

  /** Where nobody chose a local folder, a message has to say what did. */
  @Test
  void itsPlaceSaysWhatChoseALocalFolder() throws IOException {
    assertThat(table.place()).startsWith("events.hits in file:/");
    hits.conf().set("lambda.master", folder.toString());
    assertThat(hits.open().place())
        .endsWith(" (fs.defaultFS is the default, since LAMBDA_CONF is not set)");
    hits.conf().set("fs.defaultFS", folder.toUri().toString());
    assertThat(hits.open().place()).endsWith(" (fs.defaultFS is from -D fs.defaultFS)");
  }

  private void assertRefused(String... problem) {
    assertThatThrownBy(() -> hits.open().contents())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(problem)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void aFileSystemThatMayCommitTwiceIsRefused() {
    hits.conf().set("lambda.master", "webhdfs://localhost:1/master");
    assertRefused(
        "lambda.master=webhdfs://localhost:1/master",
        "expected a folder on HDFS",
        "found file system 'webhdfs'");
    hits.conf().set("mapreduce.framework.name", "yarn");
    hits.conf().set("lambda.master", folder.toUri().toString());
    assertRefused("found file system 'file'");
  }

  @Test
  void anUnknownFileSystemIsRefusedInOneLine() {
    hits.conf().set("lambda.master", "nosuch://x/master");
    assertRefused("lambda.master=nosuch://x/master");
  }

  @Test
  void aCatalogThatIsNoneIsRefusedInOneLine() {
    hits.conf().set("lambda.catalog.type", "nosuch");
    assertRefused("lambda.catalog.*", "nosuch");
  }

  // ---- answers that get lost

  /** Iceberg would delete the manifests of a snapshot that is there. */
  @Test
  void aCommitWhoseAnswerIsLostIsOne() throws IOException {
    LostAnswers.in(hits.conf());
    table = hits.open();
    for (int run = 1; run <= 3; run++) {
      LostAnswers.next(1, 0);
      hits.mustCommit(table, "run-" + run, 8, 0);
    }
    assertThat(table.runs()).hasSize(3);
    assertThat(offsets()).isEqualTo(concat(concat(range(0, 8), range(10, 18)), range(20, 28)));
    assertThat(table.state(hits.conf()).orElseThrow().deleted()).isEmpty();
  }

  /** Whoever is told so keeps the files. */
  @Test
  void aCommitOfWhichNothingIsHeardMayHaveHappened() throws IOException {
    LostAnswers.in(hits.conf());
    table = hits.open();
    hits.mustCommit(table, "run-1", 8, 0);
    LostAnswers.next(1, Integer.MAX_VALUE);
    assertThatThrownBy(() -> hits.commit(table, "run-2", 8, 0))
        .satisfiesAnyOf(
            e -> assertThat(e).isInstanceOf(IOException.class),
            e -> assertThat(e).isInstanceOf(UnavailableException.class));

    LostAnswers.next(0, 0);
    assertThat(hits.open().runs()).hasSize(2);
    assertThat(offsets()).isEqualTo(concat(range(0, 8), range(10, 18)));
    hits.mustCommit(hits.open(), "run-3", 8, 0);
    assertThat(offsets()).hasSize(24);
  }

  @Test
  void aReplacementWhoseAnswerIsLostIsOne() throws IOException {
    LostAnswers.in(hits.conf());
    table = hits.open();
    hits.mustCommit(table, "run-1", 8, 0);
    Contents contents = contents();
    ArchiveRun first = contents.runs().get(0);
    LostAnswers.next(1, 0);
    assertThat(
            table.replace(
                contents,
                contents.files().stream().map(LiveFile::file).collect(Collectors.toSet()),
                Set.copyOf(hits.file(table.layout(), first, "b", 0, 8)),
                "compaction-1"))
        .isTrue();
    assertThat(contents().files())
        .extracting(LiveFile::path)
        .allMatch(f -> f.endsWith("/b.parquet"));
    assertThat(offsets()).isEqualTo(range(0, 8));
  }
}
