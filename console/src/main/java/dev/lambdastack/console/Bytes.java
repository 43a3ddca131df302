package dev.lambdastack.console;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Bytes of unknown content as a terminal may show them. */
public final class Bytes {
  private static final int PER_LINE = 16;

  private Bytes() {}

  /** Printable ASCII as it is, a backslash doubled, any other byte as {@code \xNN}. */
  public static String escaped(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      int value = b & 0xFF;
      if (value == '\\') {
        text.append("\\\\");
      } else if (value >= ' ' && value <= '~') {
        text.append((char) value);
      } else {
        text.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
    }

    return text.toString();
  }

  /** {@link #escaped(byte[])} of its UTF-8. */
  public static String escaped(String text) {
    return escaped(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Lines of offset, 16 bytes in hex, and the same bytes as text.
   *
   * @param limit bytes that are shown at most
   */
  public static List<String> dump(byte[] bytes, int limit) {
    List<String> lines = new ArrayList<>();
    HexFormat spaced = HexFormat.ofDelimiter(" ");
    int end = Math.min(limit, bytes.length);

    for (int from = 0; from < end; from += PER_LINE) {
      int to = Math.min(from + PER_LINE, end);
      StringBuilder text = new StringBuilder();
      for (int i = from; i < to; i++) {
        text.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
      }

      lines.add(
          String.format(
                  Locale.ROOT, "%08x  %-47s  %s", from, spaced.formatHex(bytes, from, to), text)
              .stripTrailing());
    }

    return lines;
  }
}
