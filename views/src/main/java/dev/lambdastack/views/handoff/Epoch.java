package dev.lambdastack.views.handoff;

import java.time.Duration;
import java.time.Instant;

/**
 * A fixed slice of log time, {@code [number * length, (number + 1) * length)}.
 *
 * @param number counts from 1970; never negative
 * @param length the topic's epoch length, at least one millisecond, whole milliseconds
 */
public record Epoch(long number, Duration length) implements Comparable<Epoch> {
  public Epoch {
    if (number < 0 || length.toMillis() < 1) {
      throw new IllegalArgumentException("epoch " + number + " of length " + length);
    }
  }

  /** The number of the epoch that holds this log time (milliseconds since 1970, not negative). */
  public static long numberAt(long logTimeMillis, Duration length) {
    return Math.floorDiv(logTimeMillis, length.toMillis());
  }

  public static Epoch at(Instant logTime, Duration length) {
    return new Epoch(numberAt(logTime.toEpochMilli(), length), length);
  }

  /** The first log time inside. */
  public Instant start() {
    return Instant.ofEpochMilli(startMillis());
  }

  /** The first log time after. */
  public Instant end() {
    return Instant.ofEpochMilli(endMillis());
  }

  public long startMillis() {
    return Math.multiplyExact(number, length.toMillis());
  }

  public long endMillis() {
    return Math.multiplyExact(number + 1, length.toMillis());
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(number, other.number);
  }
}
