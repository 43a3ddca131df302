package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.handoff.Horizon;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ContentsTest {
  private static final StoredManifest FIRST = archive(1, Optional.empty(), 0, 5);
  private static final StoredManifest SECOND = archive(2, Optional.of("digest 1"), 5, 8);
  private static final StoredManifest THIRD =
      new StoredManifest(ManifestTest.compaction(3, "digest 2", "c", 1), "digest 3");
  private static final StoredManifest FOURTH = archive(4, Optional.of("digest 3"), 8, 10);

  private static StoredManifest archive(
      long sequence, Optional<String> previous, long from, long to) {
    return new StoredManifest(
        ManifestTest.manifest(sequence, previous, from, to), "digest " + sequence);
  }

  private static List<String> paths(Contents contents) {
    return contents.files().stream().map(f -> f.file().path()).toList();
  }

  @Test
  void nothingIsEmpty() {
    assertThat(Contents.of(List.of())).isEmpty();
  }

  @Test
  void archivedFilesAddUp() {
    Contents contents = Contents.of(List.of(FIRST, SECOND)).orElseThrow();
    assertThat(paths(contents))
        .containsExactly(
            "hits/event_date=2026-01-31/a1.parquet",
            "hits/event_date=mixed/a1.parquet",
            "hits/event_date=2026-01-31/a2.parquet",
            "hits/event_date=mixed/a2.parquet");
    assertThat(contents.events()).isEqualTo(22);
    assertThat(contents.deadLetters()).hasSize(2);
    assertThat(contents.horizon().epoch()).isEqualTo(8);
  }

  @Test
  void aCompactionPutsFilesInThePlaceOfOthersAndLeavesTheHorizon() {
    Contents contents = Contents.of(List.of(FIRST, SECOND, THIRD)).orElseThrow();
    assertThat(paths(contents))
        .containsExactly(
            "hits/event_date=2026-01-31/a2.parquet",
            "hits/event_date=mixed/a2.parquet",
            "hits/event_date=2026-01-31/c.parquet");
    assertThat(contents.events()).isEqualTo(22);
    assertThat(contents.sequence()).isEqualTo(3);
    assertThat(contents.digest()).isEqualTo("digest 3");
    assertThat(contents.archived()).isEqualTo(SECOND.manifest());
    assertThat(contents.horizon().epoch()).isEqualTo(8);
    Contents later = Contents.of(List.of(FIRST, SECOND, THIRD, FOURTH)).orElseThrow();
    assertThat(later.events()).isEqualTo(33);
    assertThat(later.horizon().epoch()).isEqualTo(10);
  }

  /** The same manifest, of which the first offsets of a partition are lost. */
  private static StoredManifest losing(StoredManifest stored, int partition, long lost) {
    ArchiveManifest m = (ArchiveManifest) stored.manifest();
    TreeMap<Integer, PartitionRange> ranges = new TreeMap<>(m.partitions());
    ranges.computeIfPresent(
        partition,
        (p, r) -> new PartitionRange(r.start(), r.end(), lost, r.leaderEpoch(), r.boundaries()));
    return new StoredManifest(
        new ArchiveManifest(
            m.sequence(),
            m.topic(),
            m.topicId(),
            m.previous(),
            m.runId(),
            m.epochLength(),
            m.fromEpoch(),
            m.toEpoch(),
            m.eventTimeMin(),
            ranges,
            m.schema(),
            m.files(),
            m.deadLetters(),
            m.read(),
            m.ticks(),
            m.created()),
        stored.digest());
  }

  @Test
  void acceptedGapsAddUpAndAreInSnapshotsToo() throws Exception {
    StoredManifest first = losing(FIRST, 0, 3);
    StoredManifest second = losing(SECOND, 0, 4);
    assertThat(ManifestJson.read(ManifestJson.write(first.manifest()))).isEqualTo(first.manifest());
    Contents contents = Contents.of(List.of(first)).orElseThrow();
    assertThat(contents.lost().count()).isEqualTo(3);
    Contents found = Snapshots.fromJson(Snapshots.toJson(contents));
    assertThat(found).isEqualTo(contents);
    Contents.Fold fold = new Contents.Fold(Optional.of(found));
    fold.add(second);
    assertThat(fold.contents().orElseThrow().lost().count()).isEqualTo(7);
  }

  private static void assertBroken(String problem, StoredManifest... chain) {
    assertThatThrownBy(() -> Contents.of(List.of(chain)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void whatCannotFollowIsRefused() {
    assertBroken("it says that it is manifest 2, not 1", SECOND);
    assertBroken(
        "SHA-256 expected digest 1, found digest x",
        new StoredManifest(FIRST.manifest(), "digest x"),
        SECOND);
    assertBroken(
        "it begins at epoch 6, not at 5", FIRST, archive(2, Optional.of("digest 1"), 6, 8));
    StoredManifest again =
        new StoredManifest(ManifestTest.compaction(4, "digest 3", "d", 1), "digest 4");
    assertBroken("a1.parquet, which is not there", FIRST, SECOND, THIRD, again);
    StoredManifest same =
        new StoredManifest(ManifestTest.compaction(4, "digest 3", "c", 2), "digest 4");
    assertBroken("c.parquet, which is there already", FIRST, SECOND, THIRD, same);
    CompactionManifest c = ManifestTest.compaction(3, "digest 2", "c", 1);
    StoredManifest fewer =
        new StoredManifest(
            new CompactionManifest(
                3,
                c.topic(),
                c.previous(),
                c.runId(),
                c.schema(),
                c.files(),
                c.superseded().subList(0, 1),
                c.created()),
            "digest 3");
    assertBroken("it puts 11 rows in the place of 9", FIRST, SECOND, fewer);
  }

  @Test
  void aFileIsBeforeAHorizonOrBehindItOrToBeLookedInto() {
    DataFile file = ManifestTest.compaction(3, "x", "c", 1).files().get(0);
    assertThat(file.offsets())
        .isEqualTo(new TreeMap<>(Map.of(0, new OffsetSpan(10, 25), 1, new OffsetSpan(0, 7))));
    assertThat(file.side(new Horizon(1, Map.of(0, 25L, 1, 7L)))).isEqualTo(DataFile.Side.BEFORE);
    assertThat(file.side(new Horizon(1, Map.of(0, 24L, 1, 7L)))).isEqualTo(DataFile.Side.EITHER);
    assertThat(file.side(new Horizon(1, Map.of(0, 25L)))).isEqualTo(DataFile.Side.EITHER);
    assertThat(file.side(new Horizon(1, Map.of(0, 10L, 1, 0L)))).isEqualTo(DataFile.Side.BEHIND);
    assertThat(file.side(new Horizon(1, Map.of(0, 10L)))).isEqualTo(DataFile.Side.BEHIND);
    assertThat(file.side(new Horizon(1, Map.of(0, 11L)))).isEqualTo(DataFile.Side.EITHER);
  }
}
