package dev.lambdastack.views.aggregate;

import java.util.Arrays;

/** Numbers texts in the order in which they are first seen: 0, 1, 2, ... Not thread-safe. */
final class TextNumbers {
  private static final int LEAST = 256;

  /** An array's header and a reference to it. */
  private static final int OVERHEAD_BYTES = 24;

  private byte[][] texts = new byte[LEAST][];
  private int[] hashes = new int[LEAST];

  /** One more than the number of the text; 0 for none. Twice as long as the texts' arrays. */
  private int[] places = new int[2 * LEAST];

  private int size;
  private long textBytes;

  byte[] text(int number) {
    return texts[number];
  }

  /** The number of a text, which is the next one where it is new; the bytes are kept. */
  int number(byte[] text) {
    int hash = Arrays.hashCode(text);
    int mask = places.length - 1;
    int at = spread(hash) & mask;

    while (true) {
      int number = places[at] - 1;
      if (number < 0) {
        return add(text, hash, at);
      }
      if (hashes[number] == hash && Arrays.equals(texts[number], text)) {
        return number;
      }

      at = at + 1 & mask;
    }
  }

  private int add(byte[] text, int hash, int at) {
    if (size == texts.length) {
      grow();
      return number(text);
    }
    texts[size] = text;
    hashes[size] = hash;
    places[at] = size + 1;
    textBytes += text.length + OVERHEAD_BYTES;
    return size++;
  }

  private void grow() {
    texts = Arrays.copyOf(texts, 2 * size);
    hashes = Arrays.copyOf(hashes, 2 * size);
    places = new int[4 * size];
    int mask = places.length - 1;
    for (int number = 0; number < size; number++) {
      int at = spread(hashes[number]) & mask;
      while (places[at] != 0) {
        at = at + 1 & mask;
      }
      places[at] = number + 1;
    }
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9E3779B9;
    return mixed ^ mixed >>> 16;
  }

  void clear() {
    Arrays.fill(texts, 0, size, null);
    Arrays.fill(places, 0);
    size = 0;
    textBytes = 0;
  }

  long sizeBytes() {
    return textBytes + 8L * texts.length + 4L * hashes.length + 4L * places.length;
  }
}
