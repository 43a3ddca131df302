package dev.lambdastack.schemas;

import java.util.Locale;

/**
 * A place in the bytes of one event, and the value that was read last. Checks each byte that it
 * passes: what it accepts, Avro's own reader accepts.
 */
final class Cursor {
  /** Levels of records, arrays and maps within each other: deeper ones would exhaust the stack. */
  static final int MAX_DEPTH = 64;

  private byte[] bytes = {};
  private int at;
  private int depth;
  private long items;

  /** Whether the value that was read last is null. */
  boolean isNull;

  /** The value that was read last, where it is a whole number, a decimal, a time or a boolean. */
  long number;

  /** The value that was read last, where it is a number; of a long the nearest double. */
  double real;

  /** Whether the number that was read last was written as a whole one. */
  boolean isWhole;

  /** The value that was read last, where it is one symbol of an enum; else null. */
  byte[] symbol;

  /** Where the text that was read last starts. */
  int textStart;

  /** Bytes of the text that was read last. */
  int textLength;

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

  void enter() throws MalformedException {
    if (++depth > MAX_DEPTH) {
      throw new MalformedException("more than " + MAX_DEPTH + " levels deep");
    }
  }

  /**
   * Counts items of arrays and maps. Each takes at least a byte, but those that hold nothing
   * (nulls): of these an event may hold no more than it has bytes, lest a few bytes keep us busy
   * for hours.
   */
  void addItems(long count) throws MalformedException {
    items += count;
    if (count < 0 || items < 0 || items > bytes.length) {
      throw new MalformedException(
          String.format(Locale.ROOT, "%d items at byte %d of %d", count, at, bytes.length));
    }
  }

  void leave() {
    depth--;
  }

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

  int varInt() throws MalformedException {
    int start = at;
    long value = varLong();
    if (value != (int) value || at - start > 5) {
      throw new MalformedException("a number of more than 32 bits at byte " + at);
    }
    return (int) value;
  }

  /** The length of text or bytes that are all there. */
  int varLength() throws MalformedException {
    long length = varLong();
    if (length < 0 || length > remaining()) {
      throw new MalformedException(
          String.format(
              Locale.ROOT,
              "a length of %d at byte %d, where %d bytes are left",
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

  /** Four or eight bytes, least significant first. */
  long littleEndian(int count) throws MalformedException {
    skip(count);
    long value = 0;
    for (int i = 1; i <= count; i++) {
      value = value << 8 | bytes[at - i] & 0xFF;
    }
    return value;
  }

  /** Passes bytes and remembers where they are. */
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
