package dev.lambdastack.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HexFormat;

/**
 * A stranger's text as one line of a terminal may show it: what ends a line, steers a terminal or
 * is not seen stands as {@code \n}, {@code \r}, {@code \t} or <code>&#92;u001b</code>. All that
 * shows text is printed by way of it, but for CSV, whose quotes keep texts as they are.
 */
public final class Printable {
  private Printable() {}

  /** The text on one line; all that is printable stays, letters of any language too. */
  public static String line(String text) {
    if (isPrintable(text)) {
      return text;
    }

    StringBuilder line = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (isHidden(c)) {
                escape(c, line);
              } else {
                line.appendCodePoint(c);
              }
            });

    return line.toString();
  }

  /**
   * Control characters, C1 too; formats, which reorder text or take no room; ends of lines and
   * paragraphs; halves of characters.
   */
  private static boolean isHidden(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  private static void escape(int codePoint, StringBuilder line) {
    switch (codePoint) {
      case '\n' -> line.append("\\n");
      case '\r' -> line.append("\\r");
      case '\t' -> line.append("\\t");
      default -> {
        for (char half : Character.toChars(codePoint)) {
          line.append("\\u").append(HexFormat.of().toHexDigits(half));
        }
      }
    }
  }

  /** Whether the text is all printable. */
  public static boolean isPrintable(String text) {
    return text.codePoints().noneMatch(Printable::isHidden);
  }

  /** What writes JSON for the console: the same characters are escaped, as JSON may. */
  public static ObjectMapper json() {
    return new ObjectMapper(jsonFactory());
  }

  public static JsonFactory jsonFactory() {
    return new JsonFactoryBuilder().characterEscapes(new Escapes()).build();
  }

  private static final class Escapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;
    private static final int DELETE = 0x7f;

    @Override
    public int[] getEscapeCodesForAscii() {
      int[] codes = standardAsciiEscapesForJSON();
      codes[DELETE] = ESCAPE_STANDARD;
      return codes;
    }

    @Override
    public SerializableString getEscapeSequence(int character) {
      // Halves of characters come one by one: they stay, since both together may be seen.
      if (Character.isSurrogate((char) character) || !isHidden(character)) {
        return null;
      }
      return new SerializedString("\\u" + HexFormat.of().toHexDigits((char) character));
    }
  }
}
