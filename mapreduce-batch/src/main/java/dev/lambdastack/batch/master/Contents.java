package dev.lambdastack.batch.master;

import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * What a topic's master dataset holds after a manifest: the one answer to which files are read.
 * Pure: it follows from the manifests alone.
 *
 * @param sequence of that manifest, of whatever kind; versions name it with {@code digest}
 * @param digest of that manifest
 * @param archived the newest manifest of the archive: it says where the next run starts, the
 *     horizon and the partitions
 * @param files that belong to the dataset, none twice; the rows of all are the events before the
 *     horizon, each once
 * @param deadLetters files of records that are no events
 * @param lost offsets whose records retention had removed before they were archived
 */
public record Contents(
    long sequence,
    String digest,
    ArchiveManifest archived,
    List<LiveFile> files,
    List<DeadLetterFile> deadLetters,
    LostOffsets lost) {
  public Contents {
    files = List.copyOf(files);
    deadLetters = List.copyOf(deadLetters);
  }

  /** Events in all files. */
  public long events() {
    return files.stream().mapToLong(f -> f.file().rows()).sum();
  }

  /** The schemas that the files were written by, and the archive's last. */
  public Set<Schema> schemas() {
    Set<Schema> schemas = new LinkedHashSet<>();
    files.forEach(f -> schemas.add(f.schema()));
    schemas.add(archived.schema());
    return schemas;
  }

  /** Bytes of all files. */
  public long lengthBytes() {
    return files.stream().mapToLong(f -> f.file().lengthBytes()).sum();
  }

  /** Where a version that is computed from these files ends. */
  public Horizon horizon() {
    return archived.horizon();
  }

  /**
   * After the last of these manifests; empty where there is none.
   *
   * @param chain from the first one on, without a hole
   * @throws IllegalArgumentException when one cannot follow the one before
   */
  public static Optional<Contents> of(List<StoredManifest> chain) {
    Fold fold = new Fold(Optional.empty());
    chain.forEach(fold::add);
    return fold.contents();
  }

  /** Manifest after manifest. Not thread-safe. */
  static final class Fold {
    private final Map<String, LiveFile> files = new LinkedHashMap<>();
    private final List<DeadLetterFile> deadLetters = new ArrayList<>();
    private long sequence;
    private Optional<String> digest = Optional.empty();
    private ArchiveManifest archived;
    private LostOffsets lost = LostOffsets.NONE;

    /** From these contents on; from the beginning where there are none. */
    Fold(Optional<Contents> from) {
      from.ifPresent(
          contents -> {
            contents.files().forEach(f -> files.put(f.file().path(), f));
            deadLetters.addAll(contents.deadLetters());
            sequence = contents.sequence();
            digest = Optional.of(contents.digest());
            archived = contents.archived();
            lost = contents.lost();
          });
    }

    /**
     * Takes the next manifest.
     *
     * @throws IllegalArgumentException with a message for people, when it does not follow
     */
    void add(StoredManifest next) {
      Manifest manifest = next.manifest();
      check(
          manifest.sequence() == sequence + 1,
          String.format(
              Locale.ROOT,
              "it says that it is manifest %d, not %d",
              manifest.sequence(),
              sequence + 1));
      check(
          manifest.previous().equals(digest),
          "the manifest before it is not the one that it was made after (SHA-256 expected %s, found %s)"
              .formatted(manifest.previous().orElse("none"), digest.orElse("none")));

      if (manifest instanceof ArchiveManifest archive) {
        add(archive);
      } else if (manifest instanceof CompactionManifest compaction) {
        add(compaction);
      }

      for (DataFile file : manifest.files()) {
        check(
            files.put(file.path(), new LiveFile(file, manifest.schema())) == null,
            "it adds " + file.path() + ", which is there already");
      }

      sequence = manifest.sequence();
      digest = Optional.of(next.digest());
    }

    private void add(ArchiveManifest archive) {
      long from = archived == null ? 0 : archived.toEpoch();
      check(
          archive.fromEpoch() == from,
          String.format(
              Locale.ROOT, "it begins at epoch %d, not at %d", archive.fromEpoch(), from));
      deadLetters.addAll(archive.deadLetters());
      archived = archive;
      archive
          .partitions()
          .forEach((p, range) -> lost = lost.with(p, range.start(), range.readFrom()));
    }

    private void add(CompactionManifest compaction) {
      long rows = 0;
      for (String path : compaction.superseded()) {
        LiveFile file = files.remove(path);
        check(file != null, "it supersedes " + path + ", which is not there");
        rows += file.file().rows();
      }
      check(
          rows == compaction.events(),
          String.format(
              Locale.ROOT, "it puts %d rows in the place of %d", compaction.events(), rows));
    }

    private static void check(boolean holds, String problem) {
      if (!holds) {
        throw new IllegalArgumentException(problem);
      }
    }

    Optional<Contents> contents() {
      return Optional.ofNullable(archived)
          .map(
              a ->
                  new Contents(
                      sequence,
                      digest.orElseThrow(),
                      a,
                      List.copyOf(files.values()),
                      deadLetters,
                      lost));
    }
  }
}
