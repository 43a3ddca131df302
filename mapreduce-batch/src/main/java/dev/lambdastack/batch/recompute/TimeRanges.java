package dev.lambdastack.batch.recompute;

import java.util.Arrays;

/**
 * Stretches of event time, {@code [start, end)} in milliseconds since 1970, ascending, none
 * touching the next. Immutable.
 */
final class TimeRanges {
  private final long[] starts;
  private final long[] ends;

  private TimeRanges(long[] starts, long[] ends) {
    this.starts = starts;
    this.ends = ends;
  }

  /** Start and end of each, one after the other. */
  static TimeRanges of(long... startsAndEnds) {
    int count = startsAndEnds.length / 2;
    long[] starts = new long[count];
    long[] ends = new long[count];
    for (int i = 0; i < count; i++) {
      starts[i] = startsAndEnds[2 * i];
      ends[i] = startsAndEnds[2 * i + 1];
      if (ends[i] <= starts[i] || i > 0 && starts[i] <= ends[i - 1]) {
        throw new IllegalArgumentException(Arrays.toString(startsAndEnds));
      }
    }
    return new TimeRanges(starts, ends);
  }

  /** The inverse of {@link #of}. */
  long[] startsAndEnds() {
    long[] all = new long[2 * starts.length];
    for (int i = 0; i < starts.length; i++) {
      all[2 * i] = starts[i];
      all[2 * i + 1] = ends[i];
    }
    return all;
  }

  boolean isEmpty() {
    return starts.length == 0;
  }

  /** Whether a time of {@code [least, greatest]} is in one of them. */
  boolean overlaps(long least, long greatest) {
    int at = firstEndingAfter(least);
    return at < starts.length && starts[at] <= greatest;
  }

  boolean contains(long time) {
    return overlaps(time, time);
  }

  private int firstEndingAfter(long time) {
    int at = Arrays.binarySearch(ends, time + 1);
    return at < 0 ? -at - 1 : at;
  }

  /**
   * Which of some times are in one of them.
   *
   * @param into takes their indices, ascending
   * @return how many
   */
  int select(long[] times, int count, int[] into) {
    int n = 0;

    // Rows of a file are sorted by time: mostly the next one is where the last one was.
    long from = 1;
    long to = 0;
    boolean inside = false;
    for (int i = 0; i < count; i++) {
      long time = times[i];
      if (time < from || time >= to) {
        int at = firstEndingAfter(time);
        inside = at < starts.length && starts[at] <= time;
        from = inside ? starts[at] : at == 0 ? Long.MIN_VALUE : ends[at - 1];
        to = inside ? ends[at] : at == starts.length ? Long.MAX_VALUE : starts[at];
      }

      if (inside) {
        into[n++] = i;
      }
    }

    return n;
  }

  TimeRanges and(TimeRanges other) {
    long[] both = new long[starts.length + other.starts.length];
    System.arraycopy(starts, 0, both, 0, starts.length);
    System.arraycopy(other.starts, 0, both, starts.length, other.starts.length);
    long[] bothEnds = new long[both.length];
    System.arraycopy(ends, 0, bothEnds, 0, ends.length);
    System.arraycopy(other.ends, 0, bothEnds, ends.length, other.ends.length);
    // A range of one list holds none or all of the other's ends that lie in it: sorted apart, the
    // lists still tell where all are left.
    Arrays.sort(both);
    Arrays.sort(bothEnds);
    return joined(both, bothEnds, 1);
  }

  /**
   * Joins ranges that overlap or are nearer than this.
   *
   * @param starts ascending, as {@code ends}
   */
  private static TimeRanges joined(long[] starts, long[] ends, long gap) {
    long[] s = new long[starts.length];
    long[] e = new long[starts.length];
    int n = 0;
    for (int i = 0; i < starts.length; i++) {
      if (n > 0 && starts[i] - e[n - 1] < gap) {
        e[n - 1] = Math.max(e[n - 1], ends[i]);
      } else {
        s[n] = starts[i];
        e[n++] = ends[i];
      }
    }

    return new TimeRanges(Arrays.copyOf(s, n), Arrays.copyOf(e, n));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TimeRanges that
        && Arrays.equals(starts, that.starts)
        && Arrays.equals(ends, that.ends);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(startsAndEnds());
  }

  @Override
  public String toString() {
    return Arrays.toString(startsAndEnds());
  }

  /**
   * Collects the windows that hold some times. Where they are many and scattered, gaps between them
   * are taken in: what is collected then is more, never less. Not thread-safe.
   */
  static final class OfWindows {
    private final long window;
    private final int most;
    private long[] found = new long[1024];
    private int size;
    private long last;

    /**
     * None yet.
     *
     * @param windowMillis length of a window
     * @param most how many ranges there may be
     */
    OfWindows(long windowMillis, int most) {
      this.window = windowMillis;
      this.most = most;
    }

    void add(long time) {
      long start = Math.floorDiv(time, window) * window;
      if (size > 0 && start == last) {
        return;
      }
      if (size == found.length) {
        compact();
      }
      found[size++] = start;
      last = start;
    }

    /** Whether these two times have one window. */
    boolean isOne(long least, long greatest) {
      return Math.floorDiv(least, window) == Math.floorDiv(greatest, window);
    }

    private void compact() {
      Arrays.sort(found, 0, size);
      int n = 0;
      for (int i = 0; i < size; i++) {
        if (n == 0 || found[n - 1] != found[i]) {
          found[n++] = found[i];
        }
      }
      size = n;
      if (size > found.length / 2) {
        found = Arrays.copyOf(found, 2 * found.length);
      }
    }

    TimeRanges ranges() {
      compact();
      long[] starts = Arrays.copyOf(found, size);
      long[] ends = new long[size];
      for (int i = 0; i < size; i++) {
        ends[i] = starts[i] + window;
      }

      long gap = 1;
      TimeRanges ranges = joined(starts, ends, gap);
      while (ranges.starts.length > most) {
        gap = 2 * Math.max(gap, window);
        ranges = joined(ranges.starts, ranges.ends, gap);
      }

      return ranges;
    }
  }
}
