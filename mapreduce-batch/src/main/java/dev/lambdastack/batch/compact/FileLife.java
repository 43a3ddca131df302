package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.CompactionManifest;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.Manifest;
import dev.lambdastack.batch.master.StoredManifest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From when to when a file belongs to the dataset. Pure.
 *
 * @param added sequence of the manifest that adds it
 * @param superseded sequence of the manifest after which it is no longer there; empty while it is
 * @param ended when that was committed
 */
record FileLife(long added, Optional<Long> superseded, Optional<Instant> ended) {
  /** Of all files that manifests name, by path. */
  static Map<String, FileLife> of(List<StoredManifest> chain) {
    Map<String, FileLife> lives = new HashMap<>();
    for (StoredManifest stored : chain) {
      Manifest manifest = stored.manifest();
      long sequence = manifest.sequence();
      FileLife begins = new FileLife(sequence, Optional.empty(), Optional.empty());
      for (DataFile file : manifest.files()) {
        lives.put(file.path(), begins);
      }

      if (manifest instanceof ArchiveManifest archive) {
        archive.deadLetters().forEach(f -> lives.put(f.path(), begins));
      } else if (manifest instanceof CompactionManifest compaction) {
        for (String path : compaction.superseded()) {
          lives.put(
              path,
              new FileLife(
                  lives.get(path).added(), Optional.of(sequence), Optional.of(manifest.created())));
        }
      }
    }

    return lives;
  }

  boolean isOver() {
    return superseded.isPresent();
  }

  boolean endedBefore(Instant time) {
    return ended.isPresent() && !ended.get().isAfter(time);
  }
}
