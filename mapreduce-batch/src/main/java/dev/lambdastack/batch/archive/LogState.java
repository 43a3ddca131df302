package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.log.TopicLog;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * What Kafka says of a topic now.
 *
 * @param beginOffsets of the first record that is still there, by partition
 * @param endOffsets behind the last record that committed readers may see, by partition
 * @param cutOff the partitions that no longer have the record where what is archived ends: their
 *     log was cut off before it, and may have other records since
 */
record LogState(
    String topic,
    String topicId,
    Map<Integer, Long> beginOffsets,
    Map<Integer, Long> endOffsets,
    Set<Integer> cutOff) {
  LogState {
    beginOffsets = Map.copyOf(beginOffsets);
    endOffsets = Map.copyOf(endOffsets);
    cutOff = Set.copyOf(cutOff);
  }

  /** Asks the log, of what is archived up to the ends of these ranges. */
  static LogState of(TopicLog log, Map<Integer, PartitionRange> archived) {
    Map<Integer, OffsetAndMetadata> behindEnds = new TreeMap<>();
    archived.forEach(
        (partition, range) -> {
          if (range.leaderEpoch().isPresent() && log.partitions().contains(partition)) {
            behindEnds.put(
                partition,
                new OffsetAndMetadata(
                    range.end() + 1, Optional.of(range.leaderEpoch().getAsInt()), ""));
          }
        });

    return new LogState(
        log.topic(),
        log.topicId(),
        log.beginOffsets(),
        log.endOffsets(),
        behindEnds.isEmpty() ? Set.of() : log.cutOff(behindEnds));
  }

  Set<Integer> partitions() {
    return new TreeSet<>(beginOffsets.keySet());
  }
}
