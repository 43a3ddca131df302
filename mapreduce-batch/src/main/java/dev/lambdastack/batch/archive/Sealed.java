package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.PartitionRange;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The epochs that a run takes.
 *
 * @param toEpoch exclusive; not after {@code fromEpoch} when there are none
 * @param ranges by partition; none when there are no epochs
 * @param holding the partitions without a record past the newest boundary that is due
 * @param byClock the partitions whose end was set by the clock, not by a record
 */
record Sealed(
    long fromEpoch,
    long toEpoch,
    SortedMap<Integer, PartitionRange> ranges,
    Set<Integer> holding,
    Set<Integer> byClock) {
  Sealed {
    ranges = Collections.unmodifiableSortedMap(new TreeMap<>(ranges));
    holding = Collections.unmodifiableSet(new TreeSet<>(holding));
    byClock = Collections.unmodifiableSet(new TreeSet<>(byClock));
  }

  boolean isEmpty() {
    return toEpoch <= fromEpoch;
  }
}
