package dev.lambdastack.views.aggregate;

import java.util.Arrays;

/**
 * Finds the group of each row by its key and event time. Rows of a file are sorted by time, so
 * mostly the window is that of the row before: for the last window, groups of small keys are looked
 * up by index. Not thread-safe.
 */
final class WindowGroups {
  private static final int KEYS = 1024;

  private final long length;
  private final PairTable groups;

  /** Half open; nothing at first. */
  private long start;

  private long end;

  /** By key: the round of the last window in the upper half, the group in the lower. */
  private final long[] recent = new long[KEYS];

  /** Counts windows as they come; 0 marks what was never set. */
  private int round;

  /**
   * No window yet.
   *
   * @param length of windows in milliseconds
   * @param groups numbers keys and window starts
   */
  WindowGroups(long length, PairTable groups) {
    this.length = length;
    this.groups = groups;
  }

  /**
   * The groups of some rows.
   *
   * @param keys of these rows, in the first {@code count} places
   * @param times of all rows of the batch
   * @param rows indices of rows in the batch, in the first {@code count} places
   */
  void find(long[] keys, long[] times, int[] rows, int count, int[] into) {
    for (int i = 0; i < count; i++) {
      long time = times[rows[i]];
      if (time < start || time >= end) {
        begin(time);
      }

      long key = keys[i];
      if (key < 0 || key >= KEYS) {
        into[i] = groups.number(key, start);
        continue;
      }

      long known = recent[(int) key];
      if ((int) (known >>> Integer.SIZE) != round) {
        known = (long) round << Integer.SIZE | groups.number(key, start);
        recent[(int) key] = known;
      }

      into[i] = (int) known;
    }
  }

  private void begin(long time) {
    start = Math.floorDiv(time, length) * length;
    end = start + length;
    round++;
    if (round == 0) {
      Arrays.fill(recent, 0);
      round = 1;
    }
  }

  /** After the groups were numbered anew. */
  void clear() {
    start = 0;
    end = 0;
    Arrays.fill(recent, 0);
    round = 0;
  }
}
