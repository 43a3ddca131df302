package dev.lambdastack.views.aggregate;

import java.util.Arrays;

/**
 * Numbers pairs of longs in the order in which they are first seen: 0, 1, 2, ... A hash table with
 * open addressing over primitive arrays. Not thread-safe.
 */
final class PairTable {
  private static final int LEAST = 1024;

  /** Pairs of numbers below this have a table of their own, without hashing. */
  private static final int NEAR_BITS = 6;

  private long[] firsts = new long[LEAST];
  private long[] seconds = new long[LEAST];

  /** One more than the number of the pair; 0 for none. Twice as long as the pairs' arrays. */
  private int[] places = new int[2 * LEAST];

  /** One more than the number of the pair; 0 for none. Only of pairs that are near zero. */
  private final int[] near = new int[1 << 2 * NEAR_BITS];

  private int size;

  int size() {
    return size;
  }

  long first(int number) {
    return firsts[number];
  }

  long second(int number) {
    return seconds[number];
  }

  /** The number of a pair, which is the next one where the pair is new. */
  int number(long first, long second) {
    if ((first | second) >>> NEAR_BITS != 0) {
      return look(first, second);
    }
    int place = (int) (first << NEAR_BITS | second);
    int number = near[place] - 1;
    if (number < 0) {
      number = look(first, second);
      near[place] = number + 1;
    }
    return number;
  }

  private int look(long first, long second) {
    int mask = places.length - 1;
    int at = hash(first, second) & mask;

    while (true) {
      int number = places[at] - 1;
      if (number < 0) {
        return add(first, second, at);
      }
      if (firsts[number] == first && seconds[number] == second) {
        return number;
      }

      at = at + 1 & mask;
    }
  }

  private int add(long first, long second, int at) {
    if (size == firsts.length) {
      grow();
      return look(first, second);
    }
    firsts[size] = first;
    seconds[size] = second;
    places[at] = size + 1;
    return size++;
  }

  private void grow() {
    firsts = Arrays.copyOf(firsts, 2 * size);
    seconds = Arrays.copyOf(seconds, 2 * size);
    places = new int[4 * size];
    int mask = places.length - 1;
    for (int number = 0; number < size; number++) {
      int at = hash(firsts[number], seconds[number]) & mask;
      while (places[at] != 0) {
        at = at + 1 & mask;
      }
      places[at] = number + 1;
    }
  }

  private static int hash(long first, long second) {
    long mixed = (first * 0x9E3779B97F4A7C15L ^ second) * 0xD6E8FEB86659FD93L;
    return (int) (mixed ^ mixed >>> 32);
  }

  void clear() {
    size = 0;
    Arrays.fill(places, 0);
    Arrays.fill(near, 0);
  }

  long sizeBytes() {
    return 16L * firsts.length + 4L * places.length + 4L * near.length;
  }
}
