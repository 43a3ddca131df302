package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableRelocationTest {
  @TempDir private Path folder;
  private Hits original;
  private SortedMap<String, Integer> states;

  @BeforeEach
  void commitTwoRunsAndLookAtTheStates() throws IOException {
    original = new Hits(folder.resolve("original"));
    MasterTable table = original.open();
    original.mustCommit(table, "run-1", 7, 2);
    table.settleDeadLetters();
    original.mustCommit(table, "run-2", 8, 1);
    table.settleDeadLetters();
    states = TableRelocation.states(original.conf(), hadoop("original"));
    assertThat(states).containsOnlyKeys("events/hits", "dead_letters/hits");
  }

  private org.apache.hadoop.fs.Path hadoop(String name) {
    return new org.apache.hadoop.fs.Path(folder.resolve(name).toUri());
  }

  /** The original is not there any more: who still asks for it fails. */
  private Hits moved() throws IOException {
    FileSystem local = FileSystem.getLocal(original.conf());
    FileUtil.copy(local, hadoop("original"), local, hadoop("copy"), false, true, original.conf());
    Files.move(folder.resolve("original"), folder.resolve("gone"));
    return new Hits(folder.resolve("copy"));
  }

  private static List<Long> offsets(Table table, String column) throws IOException {
    List<Long> offsets = new ArrayList<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(table).build()) {
      rows.forEach(r -> offsets.add((Long) r.getField(column)));
    }
    return offsets.stream().sorted().toList();
  }

  private static List<Long> firstTwo() {
    return LongStream.concat(LongStream.range(0, 7), LongStream.range(10, 18)).boxed().toList();
  }

  @Test
  void aCopyHasAllThatTheOriginalHadAndGoesOn() throws IOException {
    List<ArchiveRun> runs = original.open().runs();
    Hits copy = moved();
    TableRelocation.run(copy.conf(), hadoop("copy"), states);

    MasterTable table = copy.open();
    assertThat(table.runs()).isEqualTo(runs);
    assertThat(offsets(copy.iceberg(), EventColumns.OFFSET)).isEqualTo(firstTwo());
    assertThat(offsets(table.deadLetters().table().orElseThrow(), "offset"))
        .containsExactly(8L, 9L, 19L);
    for (Snapshot snapshot : copy.iceberg().snapshots()) {
      try (CloseableIterable<Record> rows =
          IcebergGenerics.read(copy.iceberg()).useSnapshot(snapshot.snapshotId()).build()) {
        assertThat(rows).hasSizeBetween(7, 15);
      }
    }

    copy.mustCommit(table, "run-3", 9, 0);
    assertThat(offsets(copy.iceberg(), EventColumns.OFFSET)).hasSize(24);
  }

  /** A later copy into the same folder was begun: its states and its tables are not asked for. */
  @Test
  void itIsTheStateThatWasNoted() throws IOException {
    original.mustCommit(original.open(), "run-3", 9, 0);
    Hits copy = moved();
    Path stranger = Files.createDirectories(folder.resolve("copy/events/later/metadata"));
    Files.writeString(stranger.resolve("v1.metadata.json"), "{");
    TableRelocation.run(copy.conf(), hadoop("copy"), states);

    assertThat(offsets(copy.iceberg(), EventColumns.OFFSET)).isEqualTo(firstTwo());
    assertThat(copy.open().runs()).hasSize(2);
    assertThat(folder.resolve("copy/events/later")).doesNotExist();
    copy.mustCommit(copy.open(), "other-run-3", 4, 0);
    assertThat(copy.open().runs()).hasSize(3);
  }

  @Test
  void aStateThatIsMissingIsSaid() throws IOException {
    Hits copy = moved();
    Map<String, Integer> later = new TreeMap<>(states);
    later.put("events/hits", 99);
    assertThatThrownBy(() -> TableRelocation.run(copy.conf(), hadoop("copy"), later))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining("state 99");
  }

  @Test
  void atItsOwnPlaceNothingChanges() throws IOException {
    TableRelocation.run(original.conf(), hadoop("original"), states);
    assertThat(offsets(original.iceberg(), EventColumns.OFFSET)).isEqualTo(firstTwo());
  }
}
