package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.views.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where a run begins: where the archive's last manifest ends, and nothing else; without one, at the
 * first record that the log still has.
 *
 * @param sequence of the manifest that the run will commit
 * @param previous digest of the last manifest
 * @param archived sequence of the archive's last manifest, which may not be the last of all; 0
 *     where there is none
 * @param fromEpoch the first epoch that is not yet held
 * @param offsets inclusive, by partition
 * @param leaderEpochs of the records at these offsets, where they are known
 */
record StartingPoint(
    long sequence,
    Optional<String> previous,
    long archived,
    long fromEpoch,
    Map<Integer, Long> offsets,
    Map<Integer, OptionalInt> leaderEpochs) {

  /**
   * Decides where to begin. Pure.
   *
   * @throws InvalidInputException when going on from the last manifest would lose, repeat or
   *     reinterpret records
   */
  static StartingPoint of(
      Optional<Contents> contents, LogState log, Duration epochLength, Instant eventTimeMin) {
    if (contents.isEmpty()) {
      Map<Integer, OptionalInt> unknown = new TreeMap<>();
      log.partitions().forEach(p -> unknown.put(p, OptionalInt.empty()));
      return new StartingPoint(1, Optional.empty(), 0, 0, log.beginOffsets(), unknown);
    }
    ArchiveManifest manifest = contents.get().archived();
    checkSameTopic(manifest, log, epochLength);
    if (!manifest.eventTimeMin().equals(eventTimeMin)) {
      throw new InvalidInputException(
          "Cannot archive topic %s with lambda.event-time.min=%s: its manifests have %s, which never changes, so that both layers take the same events; set lambda.event-time.min=%s"
              .formatted(
                  log.topic(), eventTimeMin, manifest.eventTimeMin(), manifest.eventTimeMin()));
    }
    Map<Integer, Long> offsets = new TreeMap<>();
    Map<Integer, OptionalInt> leaderEpochs = new TreeMap<>();
    manifest
        .partitions()
        .forEach(
            (partition, range) -> {
              checkStillThere(manifest, partition, range, log);
              offsets.put(partition, range.end());
              leaderEpochs.put(partition, range.leaderEpoch());
            });
    return new StartingPoint(
        contents.get().sequence() + 1,
        Optional.of(contents.get().digest()),
        manifest.sequence(),
        manifest.toEpoch(),
        offsets,
        leaderEpochs);
  }

  /** Whether a run that began here still continues what is archived. */
  boolean isStillTheEndOf(Contents contents) {
    return contents.archived().sequence() == archived;
  }

  private static void checkSameTopic(ArchiveManifest manifest, LogState log, Duration epochLength) {
    if (!manifest.epochLength().equals(epochLength)) {
      throw new InvalidInputException(
          "Cannot archive topic %s with lambda.epoch=%dms: its manifests have epochs of %dms, which never change; set lambda.epoch=%dms"
              .formatted(
                  log.topic(),
                  epochLength.toMillis(),
                  manifest.epochLength().toMillis(),
                  manifest.epochLength().toMillis()));
    }
    if (!manifest.topicId().equals(log.topicId())) {
      throw new InvalidInputException(
          "Cannot archive topic %s: it was deleted and made again since manifest %d (expected topic id %s, found %s), so offsets mean other records; use another topic name, or move the old master data away"
              .formatted(log.topic(), manifest.sequence(), manifest.topicId(), log.topicId()));
    }
    Set<Integer> known = manifest.partitions().keySet();
    if (!known.equals(log.partitions())) {
      Set<Integer> added = new TreeSet<>(log.partitions());
      added.removeAll(known);
      throw new InvalidInputException(
          "Cannot archive topic %s: partitions were added since manifest %d (expected %s, found %s, new %s); this version does not take over added partitions"
              .formatted(log.topic(), manifest.sequence(), known, log.partitions(), added));
    }
  }

  private static void checkStillThere(
      ArchiveManifest manifest, int partition, PartitionRange range, LogState log) {
    long begin = log.beginOffsets().get(partition);
    if (begin > range.end()) {
      throw new InvalidInputException(
          "Cannot archive topic %s: retention has removed records of partition %d that were not archived (manifest %d ends at offset %d, the log begins at %d); %d offsets are lost: raise retention.ms and archive more often"
              .formatted(
                  log.topic(),
                  partition,
                  manifest.sequence(),
                  range.end(),
                  begin,
                  begin - range.end()));
    }
    long end = log.endOffsets().get(partition);
    // The boundary record itself was seen at the range's end, unless the clock set it.
    long least = range.leaderEpoch().isPresent() ? range.end() + 1 : range.end();
    if (end < least) {
      throw new InvalidInputException(
          "Cannot archive topic %s: the log of partition %d was cut off behind what is archived (expected an end of at least %d, found %d); was an unclean leader election allowed? Its records up to there are in the master dataset, later ones are lost"
              .formatted(log.topic(), partition, least, end));
    }
  }
}
