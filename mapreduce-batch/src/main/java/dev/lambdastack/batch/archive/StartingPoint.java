package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.Epoch;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a run begins: where the archive's last manifest ends, and nothing else; without one, at
 * offset 0. Of a topic that is older than its archive retention may have removed the first records:
 * these are lost, as a person accepts who archives it now.
 *
 * @param sequence of the manifest that the run will commit
 * @param previous digest of the last manifest
 * @param archived sequence of the archive's last manifest, which may not be the last of all; 0
 *     where there is none
 * @param fromEpoch the first epoch that is not yet held
 * @param partitions by number; all partitions of the topic
 * @param added the partitions that the last manifest did not hold
 */
record StartingPoint(
    long sequence,
    Optional<String> previous,
    long archived,
    long fromEpoch,
    Map<Integer, PartitionStart> partitions,
    Set<Integer> added) {
  /** What a manifest from before a partition was added holds of it. */
  private static final PartitionRange ADDED =
      new PartitionRange(0, 0, OptionalInt.empty(), new TreeMap<>());

  /**
   * Decides where to begin. Pure.
   *
   * @throws InvalidInputException when going on from the last manifest would lose, repeat or
   *     reinterpret records
   */
  static StartingPoint of(
      Optional<Contents> contents,
      LogState log,
      Adoptions adoptions,
      Gaps gaps,
      Duration epochLength,
      Instant eventTimeMin) {
    Map<Integer, Long> firstEpochs = new TreeMap<>();
    log.partitions()
        .forEach(p -> firstEpochs.put(p, Epoch.numberAt(adoptions.floorMillis(p), epochLength)));
    Map<Integer, PartitionStart> starts = new TreeMap<>();

    if (contents.isEmpty()) {
      log.beginOffsets()
          .forEach(
              (p, begin) ->
                  starts.put(
                      p, new PartitionStart(0, OptionalInt.empty(), firstEpochs.get(p), begin)));

      return new StartingPoint(1, Optional.empty(), 0, 0, starts, Set.of());
    }

    ArchiveManifest manifest = contents.get().archived();
    checkSameTopic(manifest, log, epochLength);
    checkNotTooLate(manifest, log, firstEpochs);
    if (!manifest.eventTimeMin().equals(eventTimeMin)) {
      throw new InvalidInputException(
          "Cannot archive topic %s with lambda.event-time.min=%s: its manifests have %s, which never changes, so that both layers take the same events; set lambda.event-time.min=%s"
              .formatted(
                  log.topic(), eventTimeMin, manifest.eventTimeMin(), manifest.eventTimeMin()));
    }

    Set<Integer> added = log.partitions();
    added.removeAll(manifest.partitions().keySet());

    for (int partition : log.partitions()) {
      PartitionRange range = manifest.partitions().getOrDefault(partition, ADDED);
      checkNotCutOff(partition, range, log);
      long lost = Math.max(0, log.beginOffsets().get(partition) - range.end());
      if (lost > 0 && gaps == Gaps.REFUSED) {
        throw lost(manifest, partition, range, log);
      }

      starts.put(
          partition,
          new PartitionStart(
              range.end(),
              lost > 0 ? OptionalInt.empty() : range.leaderEpoch(),
              firstEpochs.get(partition),
              lost));
    }

    return new StartingPoint(
        contents.get().sequence() + 1,
        Optional.of(contents.get().digest()),
        manifest.sequence(),
        manifest.toEpoch(),
        starts,
        added);
  }

  /** Whether a run that began here still continues what is archived. */
  boolean isStillTheEndOf(Contents contents) {
    return contents.archived().sequence() == archived;
  }

  private static void checkSameTopic(ArchiveManifest manifest, LogState log, Duration epochLength) {
    if (!manifest.epochLength().equals(epochLength)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s with lambda.epoch=%dms: its manifests have epochs of %dms, which never change; set lambda.epoch=%dms",
              log.topic(),
              epochLength.toMillis(),
              manifest.epochLength().toMillis(),
              manifest.epochLength().toMillis()));
    }

    if (!manifest.topicId().equals(log.topicId())) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: it was deleted and made again since manifest %d (expected topic id %s, found %s), so offsets mean other records; use another topic name, or move the old master data away",
              log.topic(),
              manifest.sequence(),
              manifest.topicId(),
              log.topicId()));
    }

    Set<Integer> known = manifest.partitions().keySet();
    if (!log.partitions().containsAll(known)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: partitions have gone since manifest %d (expected %s, found %s); is this the right cluster (lambda.kafka.bootstrap-servers)?",
              log.topic(),
              manifest.sequence(),
              known,
              log.partitions()));
    }
  }

  /** What is archived already says that an added partition had nothing before. */
  private static void checkNotTooLate(
      ArchiveManifest manifest, LogState log, Map<Integer, Long> firstEpochs) {
    for (int partition : log.partitions()) {
      if (!manifest.partitions().containsKey(partition)
          && firstEpochs.get(partition) < manifest.toEpoch()) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot archive topic %s: partition %d was added and counts from epoch %d on, but manifest %d without it ends at epoch %d; were clocks off by more than lambda.clock-skew? Use another topic name",
                log.topic(),
                partition,
                firstEpochs.get(partition),
                manifest.sequence(),
                manifest.toEpoch()));
      }
    }
  }

  private static InvalidInputException lost(
      ArchiveManifest manifest, int partition, PartitionRange range, LogState log) {
    long begin = log.beginOffsets().get(partition);
    return new InvalidInputException(
        String.format(
            Locale.ROOT,
            "Cannot archive topic %s: retention has removed records of partition %d that were not archived (manifest %d ends at offset %d, the log begins at %d); %d offsets are lost: raise retention.ms and archive more often; to go on without them, give --accept-gap, which notes them in the manifest",
            log.topic(),
            partition,
            manifest.sequence(),
            range.end(),
            begin,
            begin - range.end()));
  }

  /**
   * Refuses a log that no longer has the record that a range ends at.
   *
   * @throws InvalidInputException when it was cut off, be it that it has other records since
   */
  static void checkNotCutOff(int partition, PartitionRange range, LogState log) {
    long end = log.endOffsets().get(partition);
    // The boundary record itself was seen at the range's end, unless the clock set it.
    long least = range.leaderEpoch().isPresent() ? range.end() + 1 : range.end();
    if (end < least) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: the log of partition %d was cut off behind what is archived (expected an end of at least %d, found %d); was an unclean leader election allowed? Its records up to there are in the master dataset, later ones are lost; go on with a topic of another name, since offsets would come twice",
              log.topic(),
              partition,
              least,
              end));
    }

    if (log.cutOff().contains(partition)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: the log of partition %d was cut off, and has other records since (expected one of leader epoch %d at offset %d, which is no longer there); was an unclean leader election allowed? What is archived stays; go on with a topic of another name, since offsets have come twice",
              log.topic(),
              partition,
              range.leaderEpoch().orElseThrow(),
              range.end()));
    }
  }
}
