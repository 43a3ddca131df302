package dev.lambdastack.views;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A row key as a person reads it. */
public final class RowText {
  /** A key may have thousands; the text is kept with a version and shown on a screen. */
  private static final int MOST_CHARACTERS = 80;

  private RowText() {}

  /**
   * The parts of the key, long ones cut short, and the window's start, such as {@code Bread,
   * 2026-01-31T00:00:00Z}.
   */
  public static String of(ViewShape shape, byte[] rowKey) {
    return Stream.concat(
            RowKey.key(shape, rowKey).stream(),
            Stream.of(Instant.ofEpochMilli(RowKey.windowStart(rowKey))))
        .map(part -> part instanceof BigDecimal number ? number.toPlainString() : part.toString())
        .map(RowText::shortened)
        .collect(Collectors.joining(", "));
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= MOST_CHARACTERS
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MOST_CHARACTERS)) + "…";
  }
}
