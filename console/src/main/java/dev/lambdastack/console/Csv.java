package dev.lambdastack.console;

import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * RFC 4180: fields between commas, lines ended by CR LF, quotes where a field needs them. A null is
 * an empty field, an empty text is {@code ""}.
 */
public final class Csv {
  private Csv() {}

  public static void line(List<?> fields, PrintWriter out) {
    out.print(fields.stream().map(Csv::field).collect(Collectors.joining(",")));
    out.print("\r\n");
  }

  private static String field(Object value) {
    String text = Texts.of(value, "");
    boolean quoted =
        value != null && text.isEmpty()
            || text.chars().anyMatch(c -> ",\"".indexOf(c) >= 0)
            || !Printable.isPrintable(text);

    return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
