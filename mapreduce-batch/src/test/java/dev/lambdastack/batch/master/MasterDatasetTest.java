package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterDatasetTest {
  @TempDir private Path folder;
  private MasterDataset dataset;

  @BeforeEach
  void open() throws IOException {
    dataset = MasterDataset.open(new Configuration(), folder.toUri().toString(), "hits");
  }

  private Path file(long sequence) {
    return folder.resolve(String.format(Locale.ROOT, "hits/_manifests/%020d.json", sequence));
  }

  private void commitTwo() throws IOException {
    Optional<String> digest = dataset.commit(ManifestTest.manifest(1, Optional.empty(), 0, 5));
    dataset.commit(ManifestTest.manifest(2, digest, 5, 8));
  }

  private StoredManifest last() throws IOException {
    List<StoredManifest> chain = dataset.manifests();
    return chain.get(chain.size() - 1);
  }

  @Test
  void beginsEmptyAndKeepsTheChain() throws IOException {
    assertThat(dataset.manifests()).isEmpty();
    assertThat(dataset.contents()).isEmpty();
    commitTwo();
    assertThat(dataset.manifests()).hasSize(2);
    StoredManifest last = last();
    assertThat(last.manifest().sequence()).isEqualTo(2);
    assertThat(last.digest()).isEqualTo(StoredManifest.sha256(Files.readAllBytes(file(2))));
    assertThat(last.manifest().previous())
        .hasValue(StoredManifest.sha256(Files.readAllBytes(file(1))));
  }

  /** Where nobody chose a local folder, a message has to say what did. */
  @Test
  void itsPlaceSaysWhatChoseALocalFolder() throws IOException {
    assertThat(dataset.place()).isEqualTo(dataset.root().toString()).startsWith("file:/");
    MasterDataset nobodys = MasterDataset.open(new Configuration(), folder.toString(), "hits");
    assertThat(nobodys.place())
        .isEqualTo(nobodys.root() + " (fs.defaultFS is the default, since LAMBDA_CONF is not set)");
    Configuration chosen = new Configuration();
    chosen.set("fs.defaultFS", folder.toUri().toString());
    assertThat(MasterDataset.open(chosen, folder.toString(), "hits").place())
        .endsWith(" (fs.defaultFS is from -D fs.defaultFS)");
  }

  @Test
  void aTakenSequenceIsNotTakenAgain() throws IOException {
    commitTwo();
    byte[] before = Files.readAllBytes(file(2));
    Manifest other = other(last().manifest(), "another run");
    assertThat(dataset.commit(other)).isEmpty();
    assertThat(Files.readAllBytes(file(2))).isEqualTo(before);
    try (var files = Files.list(folder.resolve("hits/_manifests"))) {
      assertThat(files.filter(f -> f.toString().contains("draft"))).isEmpty();
    }
  }

  @Test
  void ourOwnRunThereAlreadyMeansThatWeWon() throws IOException {
    commitTwo();
    StoredManifest last = last();
    assertThat(dataset.commit(last.manifest())).hasValue(last.digest());
  }

  /** Of an archive and a compaction that want the same place, the loser takes the next one. */
  @Test
  void theLoserOfARaceFollowsTheWinnerWhereItStillHolds() throws IOException {
    commitTwo();
    String digest = last().digest();
    CompactionManifest compaction = ManifestTest.compaction(3, digest, "c", 1);
    ArchiveManifest archive = ManifestTest.manifest(3, Optional.of(digest), 8, 10);
    assertThat(dataset.commit(compaction, contents -> false).orElseThrow().manifest())
        .isEqualTo(compaction);
    StoredManifest rebased = dataset.commit(archive, contents -> true).orElseThrow();
    assertThat(rebased.manifest()).isEqualTo(archive.at(4, Optional.of(last3().digest())));
    assertThat(rebased).isEqualTo(last());
    Contents contents = dataset.contents().orElseThrow();
    assertThat(contents.sequence()).isEqualTo(4);
    assertThat(contents.horizon().epoch()).isEqualTo(10);
    assertThat(contents.events()).isEqualTo(33);
    assertThat(dataset.contents(3, last3().digest()).events()).isEqualTo(22);
    assertThatThrownBy(() -> dataset.contents(3, "00"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no manifest 3 with SHA-256 00");
  }

  /** Archive runs, among them compactions of what the run before has added. */
  private void commitMany(int count) throws IOException {
    Optional<String> digest = Optional.empty();
    long archives = 0;
    for (int sequence = 1; sequence <= count; sequence++) {
      Manifest next;
      if (sequence % 7 == 0) {
        next =
            ManifestTest.compaction(sequence, digest.orElseThrow(), "c" + sequence, sequence - 1);
      } else {
        next = ManifestTest.manifest(sequence, digest, 5 * archives, 5 * archives + 5);
        archives++;
      }
      digest = Optional.of(dataset.commit(next, contents -> false).orElseThrow().digest());
    }
  }

  private void truncate(Path manifest) throws IOException {
    Files.writeString(manifest, Files.readString(manifest).substring(0, 300));
    Files.deleteIfExists(manifest.resolveSibling("." + manifest.getFileName() + ".crc"));
  }

  private Path snapshot() throws IOException {
    try (var files = Files.list(folder.resolve("hits/_snapshots"))) {
      return files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
    }
  }

  @Test
  void aRunReadsASnapshotAndTheManifestsBehindIt() throws IOException {
    commitMany(103);
    List<StoredManifest> chain = dataset.manifests();
    assertThat(dataset.snapshotProblems(chain)).isEmpty();
    assertThat(dataset.contents()).isEqualTo(Contents.of(chain));
    assertThat(dataset.contents(50, chain.get(49).digest()))
        .isEqualTo(Contents.of(chain.subList(0, 50)).orElseThrow());
    // It is not read.
    truncate(file(50));
    assertThat(dataset.contents()).isEqualTo(Contents.of(chain));
    assertThatThrownBy(() -> dataset.manifests()).hasMessageContaining("manifest");
    // It is.
    truncate(file(100));
    assertThatThrownBy(() -> dataset.contents()).hasMessageContaining("manifest");
  }

  @Test
  void aSnapshotThatIsNotWhatWasWrittenIsNotUsed() throws IOException {
    commitMany(101);
    List<StoredManifest> chain = dataset.manifests();
    Path snapshot = snapshot();
    byte[] whole = Files.readAllBytes(snapshot);
    truncate(snapshot);
    assertThat(dataset.contents()).isEqualTo(Contents.of(chain));
    assertThat(dataset.snapshotProblems(chain))
        .singleElement()
        .asString()
        .contains("is not what was written");
    Files.delete(snapshot);
    String other = new String(whole, StandardCharsets.UTF_8).replace("a3.", "b3.");
    byte[] bytes = other.getBytes(StandardCharsets.UTF_8);
    Files.write(
        snapshot.resolveSibling(
            String.format(Locale.ROOT, "%020d-%s.json", 100, StoredManifest.sha256(bytes))),
        bytes);
    assertThat(dataset.snapshotProblems(chain))
        .singleElement()
        .asString()
        .contains("is not what the manifests say");
  }

  @Test
  void aManifestThatIsMissingBeforeASnapshotIsNoticed() throws IOException {
    commitMany(101);
    Files.delete(file(50));
    assertThatThrownBy(() -> dataset.contents()).hasMessageContaining("manifest 50 is missing");
  }

  private StoredManifest last3() throws IOException {
    return dataset.manifests().get(2);
  }

  @Test
  void theLoserOfARaceStopsWhereItHoldsNoLonger() throws IOException {
    commitTwo();
    String digest = last().digest();
    dataset.commit(ManifestTest.compaction(3, digest, "c", 1), contents -> false);
    Optional<StoredManifest> lost =
        dataset.commit(
            ManifestTest.compaction(3, digest, "d", 1), contents -> contents.sequence() < 3);
    assertThat(lost).isEmpty();
    assertThat(dataset.manifests()).hasSize(3);
  }

  private static ArchiveManifest other(Manifest manifest, String runId) {
    ArchiveManifest m = (ArchiveManifest) manifest;
    return new ArchiveManifest(
        m.sequence(),
        m.topic(),
        m.topicId(),
        m.previous(),
        runId,
        m.epochLength(),
        m.fromEpoch(),
        m.toEpoch(),
        m.eventTimeMin(),
        m.partitions(),
        m.schema(),
        m.files(),
        m.deadLetters(),
        m.read(),
        m.ticks(),
        m.created());
  }

  @Test
  void aMissingManifestIsNoticed() throws IOException {
    commitTwo();
    Files.delete(file(1));
    Files.deleteIfExists(file(1).resolveSibling("." + file(1).getFileName() + ".crc"));
    assertThatThrownBy(() -> dataset.manifests())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("manifest 1 is missing");
  }

  @Test
  void aChangedManifestIsNoticed() throws IOException {
    commitTwo();
    String changed = Files.readString(file(1)).replace("9f86d081", "9f86d082");
    Files.writeString(file(1), changed);
    Files.deleteIfExists(file(1).resolveSibling("." + file(1).getFileName() + ".crc"));
    assertThatThrownBy(() -> dataset.manifests())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is not the one that it was made after");
  }

  @Test
  void aTruncatedManifestIsNoticed() throws IOException {
    commitTwo();
    Files.writeString(file(2), Files.readString(file(2)).substring(0, 300));
    Files.deleteIfExists(file(2).resolveSibling("." + file(2).getFileName() + ".crc"));
    assertThatThrownBy(() -> dataset.manifests())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("The chain of manifests is broken at");
  }

  @Test
  void aFileSystemThatMayCommitTwiceIsRefused() {
    Configuration conf = new Configuration();
    assertThatThrownBy(() -> MasterDataset.open(conf, "webhdfs://localhost:1/master", "hits"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lambda.master=webhdfs://localhost:1/master")
        .hasMessageContaining("expected a folder on HDFS")
        .hasMessageContaining("found file system 'webhdfs'");
    conf.set("mapreduce.framework.name", "yarn");
    assertThatThrownBy(() -> MasterDataset.open(conf, folder.toUri().toString(), "hits"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found file system 'file'");
  }

  @Test
  void anUnknownFileSystemIsRefusedInOneLine() {
    assertThatThrownBy(() -> MasterDataset.open(new Configuration(), "nosuch://x/master", "hits"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lambda.master=nosuch://x/master");
  }
}
