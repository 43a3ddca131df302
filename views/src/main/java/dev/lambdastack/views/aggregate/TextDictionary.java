package dev.lambdastack.views.aggregate;

import java.util.Arrays;

/**
 * The texts that a {@link ColumnVector} refers to by number: those of a column's dictionary, or of
 * a batch. What is worked out of a text is worked out once. Not thread-safe.
 */
public final class TextDictionary {
  private final byte[][] texts;
  private long[] hashes;
  private boolean[] hashed;

  /**
   * Texts by number.
   *
   * @param texts UTF-8; not copied, and not to be changed once a vector has been read
   */
  public TextDictionary(byte[][] texts) {
    this.texts = texts;
  }

  int size() {
    return texts.length;
  }

  /** UTF-8; the caller must not change it. */
  byte[] text(int id) {
    return texts[id];
  }

  /** {@link DistinctSketch#hash(byte[])} of a text. */
  long hash(int id) {
    if (hashes == null) {
      hashes = new long[texts.length];
      hashed = new boolean[texts.length];
    }
    if (!hashed[id]) {
      hashes[id] = DistinctSketch.hash(texts[id]);
      hashed[id] = true;
    }
    return hashes[id];
  }

  @Override
  public String toString() {
    return Arrays.stream(texts).limit(3).map(String::new).toList() + " of " + texts.length;
  }
}
