package dev.lambdastack.batch.compact;

import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Partitioner;

/** All rows of an event date to one task, neighbouring dates to different ones. */
final class DatePartitioner extends Partitioner<BytesWritable, BytesWritable> {
  DatePartitioner() {}

  @Override
  public int getPartition(BytesWritable key, BytesWritable value, int tasks) {
    return (int) Math.floorMod(RowOrder.date(key).toEpochDay(), (long) tasks);
  }
}
