package dev.lambdastack.batch.archive;

import java.util.OptionalInt;

/**
 * Where a run begins in one partition.
 *
 * @param offset inclusive
 * @param leaderEpoch of the record at the offset; empty where it is not known or the record is lost
 * @param firstEpoch no record of the partition belongs to an earlier epoch: where the partition was
 *     added to the topic, the epoch that it was adopted at
 * @param lost how many offsets from there on retention has removed
 */
record PartitionStart(long offset, OptionalInt leaderEpoch, long firstEpoch, long lost) {
  /** The first offset that the log still has. */
  long readFrom() {
    return offset + lost;
  }
}
