package dev.lambdastack.serving.read;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RowKey;
import java.time.Instant;
import java.util.Arrays;

/**
 * The windows whose <em>start</em> lies in {@code [from, to)}, as window starts in whole
 * milliseconds: both ends inclusive, so that no end is out of reach.
 *
 * @param first inclusive
 * @param last inclusive; before {@code first} when there is none
 */
record WindowRange(long first, long last) {
  private static final Instant LEAST = Instant.ofEpochMilli(Long.MIN_VALUE);
  private static final Instant GREATEST = Instant.ofEpochMilli(Long.MAX_VALUE);

  static WindowRange of(Instant from, Instant to) {
    if (from.isAfter(to)) {
      throw new InvalidInputException(
          "Cannot read windows from %s to %s: 'from' lies after 'to'; swap them"
              .formatted(from, to));
    }
    if (from.equals(to) || from.isAfter(GREATEST) || !to.isAfter(LEAST)) {
      return new WindowRange(0, -1);
    }

    long first = from.isBefore(LEAST) ? Long.MIN_VALUE : roundUp(from);
    // The last millisecond before `to`.
    long last = to.isAfter(GREATEST) ? Long.MAX_VALUE : floorBefore(to);
    return new WindowRange(first, last);
  }

  private static long roundUp(Instant time) {
    long millis = time.toEpochMilli();
    return time.getNano() % 1_000_000 == 0 ? millis : Math.addExact(millis, 1);
  }

  private static long floorBefore(Instant time) {
    return time.getNano() % 1_000_000 == 0 ? time.toEpochMilli() - 1 : time.toEpochMilli();
  }

  boolean isEmpty() {
    return first > last;
  }

  boolean contains(long windowStart) {
    return windowStart >= first && windowStart <= last;
  }

  /** The first row key of a key's windows, inclusive. */
  byte[] startRow(byte[] prefix) {
    return RowKey.withWindow(prefix, first);
  }

  /**
   * The end of a key's windows, exclusive: the least row key after the last window's, which is that
   * key and a zero byte.
   */
  byte[] stopRow(byte[] prefix) {
    byte[] lastRow = RowKey.withWindow(prefix, last);
    return Arrays.copyOf(lastRow, lastRow.length + 1);
  }
}
