package dev.lambdastack.views.handoff;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a batch version ends: the number of the first epoch that it does <em>not</em> hold, and the
 * offset of the first record that it does not hold in each partition. Every record is on exactly
 * one side.
 *
 * @param epoch exclusive; 0 holds nothing
 * @param offsets exclusive, by partition; all partitions of the topic
 */
public record Horizon(long epoch, Map<Integer, Long> offsets) {
  public Horizon {
    if (epoch < 0) {
      throw new IllegalArgumentException("horizon at epoch " + epoch);
    }
    offsets = Collections.unmodifiableMap(new TreeMap<>(offsets));
  }

  /** Whether the batch layer answers for this epoch; the speed layer does otherwise. */
  public boolean covers(long epochNumber) {
    return epochNumber < epoch;
  }

  /** Whether the batch layer holds this record. */
  public boolean holds(int partition, long offset) {
    Long end = offsets.get(partition);
    return end != null && offset < end;
  }

  /** The log time at which the first epoch outside begins. */
  public Instant instant(Duration epochLength) {
    return new Epoch(epoch, epochLength).start();
  }
}
