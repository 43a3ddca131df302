package dev.lambdastack.views.handoff;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Where values stand inside a row, and under which HBase timestamp. The timestamps decide which of
 * two values of one cell is seen, so they are part of the hand-off:
 *
 * <ul>
 *   <li>batch: the horizon's log time, so that a newer version's cell wins;
 *   <li>speed: the end of the epoch plus the number of events in the total, so that the most
 *       complete total wins whatever the order of writes, and the time to live counts from the
 *       epoch's end.
 * </ul>
 */
public final class Cell {
  private static final byte[] BATCH_FAMILY = "b".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BATCH_QUALIFIER = "v".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SPEED_FAMILY = "s".getBytes(StandardCharsets.US_ASCII);

  private Cell() {}

  /** {@code b}; a new array at each call. */
  public static byte[] batchFamily() {
    return BATCH_FAMILY.clone();
  }

  /** {@code v}; a new array at each call. */
  public static byte[] batchQualifier() {
    return BATCH_QUALIFIER.clone();
  }

  /** {@code s}; a new array at each call. */
  public static byte[] speedFamily() {
    return SPEED_FAMILY.clone();
  }

  /** HBase timestamp of every cell of a version, in milliseconds. */
  public static long batchTimestamp(long horizonEpoch, Duration epochLength) {
    return new Epoch(horizonEpoch, epochLength).startMillis();
  }

  /**
   * HBase qualifier of an epoch: 8 bytes, big-endian; epochs are never negative, so byte order is
   * epoch order.
   */
  public static byte[] speedQualifier(long epoch) {
    byte[] qualifier = new byte[Long.BYTES];
    for (int i = 0; i < Long.BYTES; i++) {
      qualifier[i] = (byte) (epoch >>> (56 - 8 * i));
    }
    return qualifier;
  }

  /** The inverse of {@link #speedQualifier}, from a part of an array. */
  public static long epoch(byte[] qualifier, int offset) {
    long epoch = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      epoch = epoch << 8 | qualifier[offset + i] & 0xFF;
    }
    return epoch;
  }

  /** HBase timestamp of a speed cell that holds the total of so many events, in milliseconds. */
  public static long speedTimestamp(long epoch, Duration epochLength, long events) {
    return Math.addExact(new Epoch(epoch, epochLength).endMillis(), events);
  }
}
