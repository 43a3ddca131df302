package dev.lambdastack.cli.send;

import dev.lambdastack.views.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The lines of a UTF-8 text that are not blank, with their numbers from 1 on. A byte order mark
 * before the first is no part of it.
 */
final class Lines implements AutoCloseable {
  record Line(long number, String text) {}

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final BufferedReader reader;
  private final String name;
  private long number;

  Lines(InputStream in, String name) {
    // A decoder that reports what is not UTF-8; a charset's name alone would let it be replaced.
    this.reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    this.name = name;
  }

  /** The next line, or null at the end. */
  Line next() throws IOException {
    while (true) {
      String text;
      try {
        text = reader.readLine();
      } catch (CharacterCodingException e) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "%s is not UTF-8 from about line %d on; convert it first",
                name,
                number + 1),
            e);
      }

      if (text == null) {
        return null;
      }

      number++;
      if (number == 1 && text.startsWith(BYTE_ORDER_MARK)) {
        text = text.substring(BYTE_ORDER_MARK.length());
      }

      if (!text.isBlank()) {
        return new Line(number, text);
      }
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
