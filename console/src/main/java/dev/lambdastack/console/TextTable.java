package dev.lambdastack.console;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Columns of text, each as wide as its widest cell: numbers to the right, everything else to the
 * left, as the first row that has a value says. What would forge a row is {@linkplain Printable
 * escaped}.
 */
public final class TextTable {
  /** A text that is aligned as a number. */
  public record Right(String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static final String GAP = "  ";
  private static final String ABSENT = "-";

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();
  private final boolean[] right;

  public TextTable(List<String> header) {
    this.header = header.stream().map(Printable::line).toList();
    this.right = new boolean[header.size()];
  }

  /** Adds a row; a null cell is shown as a dash. */
  public void add(List<?> cells) {
    if (cells.size() != header.size()) {
      throw new IllegalArgumentException(cells + " below " + header);
    }
    List<String> row = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      right[i] |= cells.get(i) instanceof Number || cells.get(i) instanceof Right;
      row.add(Printable.line(Texts.of(cells.get(i), ABSENT)));
    }
    rows.add(row);
  }

  public void print(PrintWriter out) {
    int[] widths = new int[header.size()];
    for (List<String> row : all()) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    line(header, widths, out);
    line(Arrays.stream(widths).mapToObj(w -> "-".repeat(w)).toList(), widths, out);
    rows.forEach(row -> line(row, widths, out));
  }

  private List<List<String>> all() {
    List<List<String>> all = new ArrayList<>(rows);
    all.add(header);
    return Collections.unmodifiableList(all);
  }

  private void line(List<String> row, int[] widths, PrintWriter out) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String pad = " ".repeat(widths[i] - width(row.get(i)));
      line.append(i == 0 ? "" : GAP);
      line.append(right[i] ? pad + row.get(i) : row.get(i) + pad);
    }
    out.println(line.toString().stripTrailing());
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
