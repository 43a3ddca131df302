package dev.lambdastack.batch.master;

import dev.lambdastack.views.handoff.Horizon;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;

/**
 * The commit of an archive run: it adds all records of the epochs {@code [fromEpoch, toEpoch)} to
 * the dataset, and no others.
 *
 * @param sequence counts from 1 in each topic
 * @param topicId Kafka's id of the topic
 * @param previous SHA-256 of the previous manifest's file, in hex; empty for the first manifest
 * @param runId of the run that committed it
 * @param fromEpoch inclusive; the {@code toEpoch} of the previous archive manifest, 0 for the first
 * @param toEpoch exclusive: the horizon, the first epoch that the dataset does not hold
 * @param eventTimeMin the earliest valid event time; older events are dead letters
 * @param partitions by number; all partitions of the topic
 * @param schema the reader schema that the files' columns follow
 * @param deadLetters files of records that are not valid events
 * @param read records that the run read from the log: events, dead letters and ticks
 * @param ticks how many of them are ticks
 */
public record ArchiveManifest(
    long sequence,
    String topic,
    String topicId,
    Optional<String> previous,
    String runId,
    Duration epochLength,
    long fromEpoch,
    long toEpoch,
    Instant eventTimeMin,
    SortedMap<Integer, PartitionRange> partitions,
    Schema schema,
    List<DataFile> files,
    List<DeadLetterFile> deadLetters,
    long read,
    long ticks,
    Instant created)
    implements Manifest {
  public ArchiveManifest {
    partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
    files = List.copyOf(files);
    deadLetters = List.copyOf(deadLetters);

    if (sequence < 1 || toEpoch <= fromEpoch) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "manifest %d of epochs [%d, %d) (expected a sequence from 1, and at least one epoch)",
              sequence,
              fromEpoch,
              toEpoch));
    }

    long rows = files.stream().mapToLong(DataFile::rows).sum();
    long dead = deadLetters.stream().mapToLong(DeadLetterFile::rows).sum();
    if (rows + dead + ticks != read) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "manifest %d: %d events + %d dead letters + %d ticks (expected the %d records that were read)",
              sequence,
              rows,
              dead,
              ticks,
              read));
    }
  }

  /** How many records the dead letter files hold. */
  public long deadLetterCount() {
    return deadLetters.stream().mapToLong(DeadLetterFile::rows).sum();
  }

  /** How many offsets retention had removed before the run could archive them. */
  public long lost() {
    return partitions.values().stream().mapToLong(PartitionRange::lost).sum();
  }

  /** The horizon of a version that is computed up to this manifest. */
  public Horizon horizon() {
    Map<Integer, Long> ends = new TreeMap<>();
    partitions.forEach((partition, range) -> ends.put(partition, range.end()));

    return new Horizon(toEpoch, ends);
  }

  @Override
  public ArchiveManifest at(long newSequence, Optional<String> newPrevious) {
    return new ArchiveManifest(
        newSequence,
        topic,
        topicId,
        newPrevious,
        runId,
        epochLength,
        fromEpoch,
        toEpoch,
        eventTimeMin,
        partitions,
        schema,
        files,
        deadLetters,
        read,
        ticks,
        created);
  }
}
