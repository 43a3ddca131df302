package dev.lambdastack.batch.archive;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.mapreduce.InputSplit;

/** The part of a partition that one task reads: the offsets {@code [start, end)}. */
final class OffsetRange extends InputSplit implements Writable {
  static final int UNKNOWN = -1;

  private int partition;
  private long start;
  private long end;
  private int leaderEpoch;

  /** For Hadoop, which fills it by {@link #readFields}. */
  OffsetRange() {}

  /**
   * A range.
   *
   * @param leaderEpoch of the record at {@code start}, or {@link #UNKNOWN}
   */
  OffsetRange(int partition, long start, long end, int leaderEpoch) {
    this.partition = partition;
    this.start = start;
    this.end = end;
    this.leaderEpoch = leaderEpoch;
  }

  int partition() {
    return partition;
  }

  long start() {
    return start;
  }

  long end() {
    return end;
  }

  int leaderEpoch() {
    return leaderEpoch;
  }

  /** Offsets, not bytes. */
  @Override
  public long getLength() {
    return end - start;
  }

  @Override
  public String[] getLocations() {
    return new String[0];
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(partition);
    out.writeLong(start);
    out.writeLong(end);
    out.writeInt(leaderEpoch);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    partition = in.readInt();
    start = in.readLong();
    end = in.readLong();
    leaderEpoch = in.readInt();
  }

  /** For example {@code 2-0-5000}: partition, start, end. */
  @Override
  public String toString() {
    return partition + "-" + start + "-" + end;
  }
}
