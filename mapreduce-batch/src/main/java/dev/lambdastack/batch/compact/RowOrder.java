package dev.lambdastack.batch.compact;

import java.nio.ByteBuffer;
import org.apache.hadoop.io.BytesWritable;

/**
 * The order of rows as bytes that sort like it: event time (8 bytes, big-endian, sign flipped),
 * partition (4), offset (8). No two rows have the same.
 */
final class RowOrder {
  private static final int LENGTH = Long.BYTES + Integer.BYTES + Long.BYTES;

  private RowOrder() {}

  static BytesWritable key(long eventTime, int partition, long offset) {
    return new BytesWritable(
        ByteBuffer.allocate(LENGTH)
            .putLong(eventTime ^ Long.MIN_VALUE)
            .putInt(partition)
            .putLong(offset)
            .array());
  }

  static long eventTime(BytesWritable key) {
    return ByteBuffer.wrap(key.getBytes()).getLong() ^ Long.MIN_VALUE;
  }
}
