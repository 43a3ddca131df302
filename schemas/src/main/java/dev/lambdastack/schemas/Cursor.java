package dev.lambdastack.schemas;

import java.util.Locale;

/**
 * A position in the bytes of one event, and the value that was read last. Every read is bounds
 * checked. What this class accepts, Avro's own reader accepts. Not thread-safe.
 */
final class Cursor {
  /** The deepest nesting of records, arrays and maps: a deeper one would overflow the stack. */
  static final int MAX_DEPTH = 64;

  private byte[] bytes = {};
  private int at;
  private int depth;
  private long items;

  /** Whether the value that was read last is null. */
  boolean isNull;

  /** The value that was read last, where it is a whole number, a decimal, a time or a boolean. */
  long number;

  /** The value that was read last, where it is a number; for a long, the nearest double. */
  double real;

  /** Whether the number that was read last was written as a whole number. */
  boolean isWhole;

  /** The value that was read last, where it is one symbol of an enum; else null. */
  byte[] symbol;

  /** Where the text that was read last starts. */
  int textStart;

  /** Length of the text that was read last, in bytes. */
  int textLength;

  /**
   * Starts over in another event.
   *
   * @param value not copied
   */
  void reset(byte[] value, int start) {
    bytes = value;
    at = start;
    depth = 0;
    items = 0;
  }

  int remaining() {
    return bytes.length - at;
  }

  int position() {
    return at;
  }

  /** Goes one level of nesting deeper; {@link #leave} comes back. */
  void enter() throws MalformedException {
    if (++depth > MAX_DEPTH) {
      throw new MalformedException("nested more than " + MAX_DEPTH + " levels deep");
    }
  }

  /**
   * Counts items of arrays and maps. An event may hold no more items than it has bytes. Items of
   * type null take no byte, so without this limit a few bytes could cost hours of CPU time.
   */
  void addItems(long count) throws MalformedException {
    items += count;

    if (count < 0 || items < 0 || items > bytes.length) {
      throw new MalformedException(
          String.format(
              Locale.ROOT,
              "a block of %d items at byte %d (expected at most one item for each of the %d bytes)",
              count,
              at,
              bytes.length));
    }
  }

  void leave() {
    depth--;
  }

  /** A zigzag variable-length integer, as Avro writes {@code int} and {@code long}. */
  long varLong() throws MalformedException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= bytes.length) {
        throw cutOff();
      }

      byte b = bytes[at++];
      // The tenth byte has room for one bit.
      if (shift == 63 && b > 1 || shift == 63 && b < 0) {
        break;
      }

      value |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return value >>> 1 ^ -(value & 1);
      }
    }

    throw new MalformedException("a number of more than 64 bits at byte " + at);
  }

  /** As {@link #varLong}, refusing what does not fit into 32 bits. */
  int varInt() throws MalformedException {
    int start = at;
    long value = varLong();

    if (value != (int) value || at - start > 5) {
      throw new MalformedException("a number of more than 32 bits at byte " + at);
    }

    return (int) value;
  }

  /** The length of a text or of bytes; at most what is left of the event. */
  int varLength() throws MalformedException {
    long length = varLong();

    if (length < 0 || length > remaining()) {
      throw new MalformedException(
          String.format(
              Locale.ROOT,
              "a length of %d at byte %d (expected at most the %d bytes that are left)",
              length,
              at,
              remaining()));
    }

    return (int) length;
  }

  void skip(int count) throws MalformedException {
    if (count > remaining()) {
      throw cutOff();
    }
    at += count;
  }

  byte next() throws MalformedException {
    if (at >= bytes.length) {
      throw cutOff();
    }
    return bytes[at++];
  }

  /** A little-endian number of four or eight bytes. */
  long littleEndian(int count) throws MalformedException {
    skip(count);

    long value = 0;
    for (int i = 1; i <= count; i++) {
      value = value << 8 | bytes[at - i] & 0xFF;
    }
    return value;
  }

  /** Skips the bytes of a text and notes where they are. */
  void text(int length) throws MalformedException {
    textStart = at;
    textLength = length;
    skip(length);
  }

  byte[] bytes() {
    return bytes;
  }

  private MalformedException cutOff() {
    return new MalformedException("cut off at byte " + bytes.length);
  }
}
