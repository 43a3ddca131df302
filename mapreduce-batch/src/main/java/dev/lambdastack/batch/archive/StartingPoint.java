package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.ArchiveRun;
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
 * Where a run begins: where the last run ends, and nothing else; without one, at offset 0. Of a
 * topic that is older than its archive retention may have removed the first records: these are
 * lost, as a person accepts who archives it now.
 *
 * @param number of the run
 * @param previous digest of the last run
 * @param fromEpoch the first epoch that is not yet held
 * @param partitions by number; all partitions of the topic
 * @param added the partitions that the last run did not know
 */
record StartingPoint(
    long number,
    Optional<String> previous,
    long fromEpoch,
    Map<Integer, PartitionStart> partitions,
    Set<Integer> added) {
  /** What a run from before a partition was added holds of it. */
  private static final PartitionRange ADDED =
      new PartitionRange(0, 0, OptionalInt.empty(), new TreeMap<>());

  /**
   * Decides where to begin. Pure.
   *
   * @param last run of the archive
   * @throws InvalidInputException when going on from the last run would lose, repeat or reinterpret
   *     records
   */
  static StartingPoint of(
      Optional<ArchiveRun> last,
      LogState log,
      Adoptions adoptions,
      Gaps gaps,
      Duration epochLength,
      Instant eventTimeMin) {
    Map<Integer, Long> firstEpochs = new TreeMap<>();
    log.partitions()
        .forEach(p -> firstEpochs.put(p, Epoch.numberAt(adoptions.floorMillis(p), epochLength)));
    Map<Integer, PartitionStart> starts = new TreeMap<>();

    if (last.isEmpty()) {
      log.beginOffsets()
          .forEach(
              (p, begin) ->
                  starts.put(
                      p, new PartitionStart(0, OptionalInt.empty(), firstEpochs.get(p), begin)));

      return new StartingPoint(1, Optional.empty(), 0, starts, Set.of());
    }

    ArchiveRun run = last.get();
    checkSameTopic(run, log, epochLength);
    checkNotTooLate(run, log, firstEpochs);
    if (!run.eventTimeMin().equals(eventTimeMin)) {
      throw new InvalidInputException(
          "Cannot archive topic %s with lambda.event-time.min=%s: its archive has %s, which never changes, so that both layers take the same events; set lambda.event-time.min=%s"
              .formatted(log.topic(), eventTimeMin, run.eventTimeMin(), run.eventTimeMin()));
    }

    Set<Integer> added = log.partitions();
    added.removeAll(run.partitions().keySet());

    for (int partition : log.partitions()) {
      PartitionRange range = run.partitions().getOrDefault(partition, ADDED);
      checkNotCutOff(partition, range, log);
      long lost = Math.max(0, log.beginOffsets().get(partition) - range.end());
      if (lost > 0 && gaps == Gaps.REFUSED) {
        throw lost(run, partition, range, log);
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
        run.number() + 1, Optional.of(run.digest()), run.toEpoch(), starts, added);
  }

  private static void checkSameTopic(ArchiveRun run, LogState log, Duration epochLength) {
    if (!run.epochLength().equals(epochLength)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s with lambda.epoch=%dms: its archive has epochs of %dms, which never change; set lambda.epoch=%dms",
              log.topic(),
              epochLength.toMillis(),
              run.epochLength().toMillis(),
              run.epochLength().toMillis()));
    }

    if (!run.topicId().equals(log.topicId())) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: it was deleted and made again since archive run %d (expected topic id %s, found %s), so offsets mean other records; use another topic name, or move the old master data away",
              log.topic(),
              run.number(),
              run.topicId(),
              log.topicId()));
    }

    Set<Integer> known = run.partitions().keySet();
    if (!log.partitions().containsAll(known)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: partitions have gone since archive run %d (expected %s, found %s); is this the right cluster (lambda.kafka.bootstrap-servers)?",
              log.topic(),
              run.number(),
              known,
              log.partitions()));
    }
  }

  /** What is archived already says that an added partition had nothing before. */
  private static void checkNotTooLate(
      ArchiveRun run, LogState log, Map<Integer, Long> firstEpochs) {
    for (int partition : log.partitions()) {
      if (!run.partitions().containsKey(partition) && firstEpochs.get(partition) < run.toEpoch()) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot archive topic %s: partition %d was added and counts from epoch %d on, but archive run %d without it ends at epoch %d; were clocks off by more than lambda.clock-skew? Use another topic name",
                log.topic(),
                partition,
                firstEpochs.get(partition),
                run.number(),
                run.toEpoch()));
      }
    }
  }

  private static InvalidInputException lost(
      ArchiveRun run, int partition, PartitionRange range, LogState log) {
    long begin = log.beginOffsets().get(partition);
    return new InvalidInputException(
        String.format(
            Locale.ROOT,
            "Cannot archive topic %s: retention has removed records of partition %d that were not archived (archive run %d ends at offset %d, the log begins at %d); %d offsets are lost: raise retention.ms and archive more often; to go on without them, give --accept-gap, which notes them",
            log.topic(),
            partition,
            run.number(),
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
