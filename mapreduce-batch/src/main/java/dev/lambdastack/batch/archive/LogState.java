package dev.lambdastack.batch.archive;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What Kafka says of a topic before a run.
 *
 * @param beginOffsets of the first record that is still there, by partition
 * @param endOffsets behind the last record that committed readers may see, by partition
 */
record LogState(
    String topic, String topicId, Map<Integer, Long> beginOffsets, Map<Integer, Long> endOffsets) {
  LogState {
    beginOffsets = Map.copyOf(beginOffsets);
    endOffsets = Map.copyOf(endOffsets);
  }

  Set<Integer> partitions() {
    return new TreeSet<>(beginOffsets.keySet());
  }
}
