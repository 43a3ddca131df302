package dev.lambdastack.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Rows of named columns, in the format that a person or a program asked for. */
public final class Listing {
  private static final ObjectMapper MAPPER = Printable.json();

  private final List<String> header;
  private final List<List<?>> rows = new ArrayList<>();

  public Listing(List<String> header) {
    this.header = List.copyOf(header);
  }

  /** Adds a row; a cell may be null. Numbers stay numbers in JSON, all else is text. */
  public void add(List<?> cells) {
    if (cells.size() != header.size()) {
      throw new IllegalArgumentException(cells + " below " + header);
    }
    rows.add(cells);
  }

  /** Prints all: aligned columns, RFC 4180 with a header line, or a JSON array of objects. */
  public void print(Format format, PrintWriter out) {
    switch (format) {
      case TABLE -> {
        TextTable table = new TextTable(header);
        rows.forEach(table::add);
        table.print(out);
      }
      case CSV -> {
        Csv.line(header, out);
        rows.forEach(row -> Csv.line(row, out));
      }
      case JSON -> out.println(json());
    }

    out.flush();
  }

  private String json() {
    ArrayNode array = MAPPER.createArrayNode();
    for (List<?> row : rows) {
      ObjectNode object = array.addObject();
      for (int i = 0; i < header.size(); i++) {
        Object cell = row.get(i);
        object.set(
            header.get(i),
            cell == null || cell instanceof Number
                ? MAPPER.valueToTree(cell)
                : object.textNode(cell.toString()));
      }
    }

    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(array);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
