package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.LiveFile.Side;
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
 * @param run of the archive that ends there, which versions name
 * @param files that hold these events
 * @param events how many
 * @param lost offsets before the horizon that were gone before they were archived
 * @param before by partition, the first offset that is not counted; empty where the files hold no
 *     such rows
 */
record Frozen(
    ArchiveRun run,
    List<LiveFile> files,
    long events,
    LostOffsets lost,
    Optional<Map<Integer, Long>> before) {

  /** All that is archived. */
  static Frozen of(Contents contents) {
    return new Frozen(
        contents.archived(),
        contents.files(),
        contents.events(),
        contents.lost(),
        Optional.empty());
  }

  /**
   * What was archived then: the horizon of the last archive run at or before the instant. Its
   * events are read from the files that hold them now, together with later ones it may be.
   *
   * @return empty when nothing was archived yet
   */
  static Optional<Frozen> asOf(Instant instant, Contents contents) {
    int count = 0;
    for (int i = 0; i < contents.runs().size(); i++) {
      if (!contents.runs().get(i).created().isAfter(instant)) {
        count = i + 1;
      }
    }
    return count == 0
        ? Optional.empty()
        : Optional.of(of(contents.before(contents.runs().subList(0, count)), contents));
  }

  /** The events of then, from the files of now. */
  private static Frozen of(Contents then, Contents contents) {
    ArchiveRun run = then.archived();
    Horizon horizon = run.horizon();
    List<LiveFile> files =
        contents.files().stream()
            .filter(f -> f.side(horizon, run.sequence()) != Side.BEHIND)
            .toList();
    boolean mixed = files.stream().anyMatch(f -> f.side(horizon, run.sequence()) != Side.BEFORE);

    return new Frozen(
        run,
        files,
        then.events(),
        then.lost(),
        mixed ? Optional.of(horizon.offsets()) : Optional.empty());
  }

  Horizon horizon() {
    return run.horizon();
  }

  Duration epochLength() {
    return run.epochLength();
  }

  Instant eventTimeMin() {
    return run.eventTimeMin();
  }
}
