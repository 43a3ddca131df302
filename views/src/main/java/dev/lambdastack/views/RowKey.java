package dev.lambdastack.views;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * The row key of both tables of a view: {@code salt (1 byte) + key components + window start (8
 * bytes)}.
 *
 * <p>Byte order is logical order within a salt: a LONG, DECIMAL or TIMESTAMP is 8 bytes,
 * big-endian, sign bit flipped; a BOOLEAN is 1 byte; a STRING is its UTF-8 bytes with 0x00 written
 * as 0x00 0xFF, ended by 0x00 0x00. The window start is milliseconds since 1970, encoded as a LONG.
 * The salt is CRC-32 of the components modulo the view's buckets, so that one key's windows are one
 * contiguous range. {@code docs/row-key.md} shows the bytes.
 */
public final class RowKey {
  /** Bytes of the longest row key: HBase takes no longer ones. */
  public static final int MAX_BYTES = Short.MAX_VALUE;

  /**
   * The bytes of UTF-8 that the texts of an event's columns that are never null may have together;
   * an event with more is none, for the archive and the speed job alike. Whatever columns of its
   * own a view is keyed by, with each byte escaped, its row keys stay below {@link #MAX_BYTES}, and
   * so do HBase's own rows that name a region by table and key.
   */
  public static final int MAX_TEXT_BYTES = 16_000;

  /**
   * Bytes of the longest row key with a text of a derived column in it; an event with a longer one
   * is set aside for the view. HBase's own rows that name a region by table and key have room.
   */
  public static final int MAX_DERIVED_BYTES = MAX_BYTES - 200;

  /** The most columns that a key may have, so that {@link #MAX_TEXT_BYTES} keeps its promise. */
  public static final int MAX_COLUMNS = 64;

  /** Bytes of the window start at the end of every row key. */
  public static final int WINDOW_BYTES = Long.BYTES;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final long HASH_FACTOR = 0x9E3779B97F4A7C15L;

  private RowKey() {}

  /** Bytes of the row key whose components have so many. */
  static int length(int componentBytes) {
    return 1 + componentBytes + WINDOW_BYTES;
  }

  /** Row key of a key given as bytes: salt, components, window start. */
  static byte[] of(int saltBuckets, byte[] components, int length, long windowStart) {
    byte[] row = new byte[length(length)];
    row[0] = salt(saltBuckets, components, length);
    System.arraycopy(components, 0, row, 1, length);
    putLong(row, 1 + length, windowStart);
    return row;
  }

  /**
   * Salt and components of a key: the prefix of all its rows.
   *
   * @throws InvalidInputException when the parts are not those of the view, or longer than any row
   *     key
   */
  public static byte[] prefix(ViewShape shape, List<?> key) {
    Buffer components = new Buffer();
    List<Column> columns = shape.keyColumns();
    if (columns.size() != key.size()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "A key of view %s has %d part%s (%s), found %d: %s",
              shape.name(),
              columns.size(),
              columns.size() == 1 ? "" : "s",
              String.join(", ", columns.stream().map(Column::name).toList()),
              key.size(),
              key));
    }

    for (int i = 0; i < columns.size(); i++) {
      components.append(columns.get(i), key.get(i));
    }

    byte[] row = of(shape.saltBuckets(), components.bytes(), components.length(), 0);
    if (row.length > MAX_BYTES) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "A key of view %s has too many bytes: expected a row key of at most %d, found %d; no event has such a key",
              shape.name(),
              MAX_BYTES,
              row.length));
    }

    return Arrays.copyOf(row, row.length - WINDOW_BYTES);
  }

  /** The row key of one window of a key. */
  public static byte[] of(ViewShape shape, List<?> key, Instant windowStart) {
    return withWindow(prefix(shape, key), windowStart.toEpochMilli());
  }

  /** A prefix with a window start (milliseconds since 1970) behind it. */
  public static byte[] withWindow(byte[] prefix, long windowStart) {
    byte[] row = Arrays.copyOf(prefix, prefix.length + WINDOW_BYTES);
    putLong(row, prefix.length, windowStart);
    return row;
  }

  /** The key's parts: String, Long, BigDecimal, Boolean or Instant by column type. */
  public static List<Object> key(ViewShape shape, byte[] row) {
    List<Object> key = new ArrayList<>();
    int at = 1;
    for (Column column : shape.keyColumns()) {
      switch (column.type()) {
        case STRING -> {
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          while (row[at] != 0 || row[at + 1] != 0) {
            text.write(row[at]);
            at += row[at] == 0 ? 2 : 1;
          }
          at += 2;
          key.add(text.toString(StandardCharsets.UTF_8));
        }
        case BOOLEAN -> key.add(row[at++] != 0);
        case LONG, DECIMAL, TIMESTAMP -> {
          long value = getLong(row, at);
          at += Long.BYTES;
          key.add(
              switch (column.type()) {
                case DECIMAL -> BigDecimal.valueOf(value, column.scale());
                case TIMESTAMP -> Instant.ofEpochMilli(value);
                case STRING, LONG, DOUBLE, BOOLEAN -> (Object) value;
              });
        }
        case DOUBLE -> throw new AssertionError("keys are never floating point");
      }
    }

    return key;
  }

  /** Milliseconds since 1970. */
  public static long windowStart(byte[] row) {
    return getLong(row, row.length - WINDOW_BYTES);
  }

  private static byte salt(int buckets, byte[] components, int length) {
    CRC32 crc = new CRC32();
    crc.update(components, 0, length);
    return (byte) (crc.getValue() % buckets);
  }

  private static void putLong(byte[] target, int at, long value) {
    LONGS.set(target, at, value ^ Long.MIN_VALUE);
  }

  private static long getLong(byte[] source, int at) {
    return (long) LONGS.get(source, at) ^ Long.MIN_VALUE;
  }

  /** Key components under construction; reused from event to event. */
  public static final class Buffer {
    private byte[] bytes = new byte[64];
    private int length;

    public void clear() {
      length = 0;
    }

    public byte[] bytes() {
      return bytes;
    }

    public int length() {
      return length;
    }

    private void ensure(int more) {
      if (length + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
      }
    }

    public void appendUtf8(byte[] utf8) {
      ensure(2 * utf8.length + 2);
      byte[] target = bytes;
      int at = length;
      for (byte b : utf8) {
        target[at++] = b;
        if (b == 0) {
          target[at++] = (byte) 0xFF;
        }
      }

      target[at++] = 0;
      target[at++] = 0;
      length = at;
    }

    /** Of the components and a window. */
    public int hash(long windowStart) {
      long hash = windowStart * HASH_FACTOR;
      int at = 0;
      for (; at + Long.BYTES <= length; at += Long.BYTES) {
        hash = (hash ^ (long) LONGS.get(bytes, at)) * HASH_FACTOR;
        hash ^= hash >>> 32;
      }
      for (; at < length; at++) {
        hash = (hash ^ bytes[at]) * HASH_FACTOR;
      }
      return (int) (hash ^ hash >>> 32);
    }

    /** Whether a row key has these components and this window; the salt follows from them. */
    public boolean isKeyOf(byte[] row, long windowStart) {
      return row.length == 1 + length + WINDOW_BYTES
          && Arrays.equals(row, 1, 1 + length, bytes, 0, length)
          && RowKey.windowStart(row) == windowStart;
    }

    public void appendLong(long value) {
      ensure(Long.BYTES);
      putLong(bytes, length, value);
      length += Long.BYTES;
    }

    public void appendBoolean(boolean value) {
      ensure(1);
      bytes[length++] = (byte) (value ? 1 : 0);
    }

    void append(Column column, Object part) {
      if (part == null) {
        throw new InvalidInputException(
            "Cannot use null as key part '%s': expected %s; keys are never null"
                .formatted(column.name(), column.type()));
      }

      try {
        switch (column.type()) {
          case STRING -> appendUtf8(whole((String) part).getBytes(StandardCharsets.UTF_8));
          case LONG -> appendLong(wholeNumber(part));
          case DECIMAL -> appendLong(Numbers.unscaled((BigDecimal) part, column.scale()));
          case TIMESTAMP -> appendLong(((Instant) part).toEpochMilli());
          case BOOLEAN -> appendBoolean((Boolean) part);
          case DOUBLE -> throw new AssertionError("keys are never floating point");
        }
      } catch (ClassCastException | IllegalArgumentException | ArithmeticException e) {
        throw new InvalidInputException(
            "Cannot use %s (%s) as key part '%s': expected %s%s"
                .formatted(
                    part,
                    part.getClass().getSimpleName(),
                    column.name(),
                    column.type(),
                    column.type() == ColumnType.DECIMAL ? " of scale " + column.scale() : ""));
      }
    }
  }

  private static String whole(String text) {
    Surrogates.alone(text)
        .ifPresent(
            half -> {
              throw new IllegalArgumentException(half);
            });
    return text;
  }

  /** The value of a Long, Integer, Short or Byte; nothing else, so that no digit is lost. */
  static long wholeNumber(Object value) {
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    return (Long) value;
  }

  /**
   * A key part as a person types it: text as it is, numbers in digits, {@code true} or {@code
   * false}, instants as ISO 8601.
   *
   * @throws InvalidInputException when the text does not fit the column
   */
  public static Object parsePart(Column column, String text) {
    try {
      return switch (column.type()) {
        case STRING -> whole(text);
        case LONG -> Long.parseLong(text);
        case DECIMAL -> Numbers.exact(Numbers.parse(text), column.scale(), Numbers.LONG_DIGITS);
        case TIMESTAMP -> Instant.parse(text);
        case BOOLEAN -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
          }
          yield text.equals("true");
        }
        case DOUBLE -> throw new AssertionError("keys are never floating point");
      };
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
      throw new InvalidInputException(
          "Cannot read '%s' as key part '%s': expected %s"
              .formatted(
                  text,
                  column.name(),
                  switch (column.type()) {
                    case STRING, DOUBLE -> "text of whole characters";
                    case LONG -> "a whole number";
                    case DECIMAL ->
                        "a number with at most " + column.scale() + " digits after the point";
                    case TIMESTAMP -> "an instant such as 2026-01-31T12:00:00Z";
                    case BOOLEAN -> "true or false";
                  }));
    }
  }
}
