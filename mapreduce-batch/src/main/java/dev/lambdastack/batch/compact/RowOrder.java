package dev.lambdastack.batch.compact;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.hadoop.io.BytesWritable;

/**
 * The order of rows as bytes that sort like it: event time in microseconds (8 bytes, big-endian,
 * sign flipped), partition (4), offset (8). No two rows have the same.
 */
final class RowOrder {
  private static final int LENGTH = Long.BYTES + Integer.BYTES + Long.BYTES;

  private RowOrder() {}

  static BytesWritable key(long eventTimeMicros, int partition, long offset) {
    return new BytesWritable(
        ByteBuffer.allocate(LENGTH)
            .putLong(eventTimeMicros ^ Long.MIN_VALUE)
            .putInt(partition)
            .putLong(offset)
            .array());
  }

  /** The UTC date of the event. */
  static LocalDate date(BytesWritable key) {
    long micros = ByteBuffer.wrap(key.getBytes()).getLong() ^ Long.MIN_VALUE;
    return LocalDate.ofInstant(Instant.EPOCH.plus(micros, ChronoUnit.MICROS), ZoneOffset.UTC);
  }
}
