package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.DataFile.Side;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a recompute reads, fixed when it begins: all events before a horizon. Pure.
 *
 * @param eventTimeMin the earliest event time that was taken
 * @param sequence of the manifest that versions name, with {@code digest}
 * @param files that hold these events
 * @param events how many
 * @param lost offsets before the horizon that were gone before they were archived
 * @param before by partition, the first offset that is not counted; empty where the files hold no
 *     such rows
 */
record Frozen(
    Horizon horizon,
    Duration epochLength,
    Instant eventTimeMin,
    long sequence,
    String digest,
    List<LiveFile> files,
    long events,
    LostOffsets lost,
    Optional<Map<Integer, Long>> before) {

  /** All that is archived. */
  static Frozen of(Contents contents) {
    return new Frozen(
        contents.horizon(),
        contents.archived().epochLength(),
        contents.archived().eventTimeMin(),
        contents.sequence(),
        contents.digest(),
        contents.files(),
        contents.events(),
        contents.lost(),
        Optional.empty());
  }

  /**
   * What was archived then: the horizon of the last manifest of the archive that was made at or
   * before the instant. Its events are read from the files that hold them now: a compaction may
   * have put them together with later ones.
   *
   * @param chain all manifests
   * @param contents after the last of them
   * @return empty when nothing was archived yet
   */
  static Optional<Frozen> asOf(Instant instant, List<StoredManifest> chain, Contents contents) {
    int count = 0;
    for (int i = 0; i < chain.size(); i++) {
      if (chain.get(i).manifest() instanceof ArchiveManifest archive
          && !archive.created().isAfter(instant)) {
        count = i + 1;
      }
    }
    return Contents.of(chain.subList(0, count)).map(then -> of(then, contents));
  }

  /** The events of then, from the files of now. */
  private static Frozen of(Contents then, Contents contents) {
    Horizon horizon = then.horizon();
    List<LiveFile> files =
        contents.files().stream().filter(f -> f.file().side(horizon) != Side.BEHIND).toList();
    boolean mixed = files.stream().anyMatch(f -> f.file().side(horizon) != Side.BEFORE);

    return new Frozen(
        horizon,
        then.archived().epochLength(),
        then.archived().eventTimeMin(),
        then.sequence(),
        then.digest(),
        files,
        then.events(),
        then.lost(),
        mixed ? Optional.of(horizon.offsets()) : Optional.empty());
  }
}
