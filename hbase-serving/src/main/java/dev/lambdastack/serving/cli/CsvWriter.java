package dev.lambdastack.serving.cli;

import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.views.Column;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * RFC 4180 with a header line: fields between commas, lines ended by CR LF, quotes where a field
 * needs them. A metric without a value is an empty field, an empty text is {@code ""}.
 */
final class CsvWriter implements AnswerWriter {
  @Override
  public void write(Question question, Answer answer, PrintWriter out, PrintWriter err) {
    List<Object> header = new ArrayList<>();
    answer.shape().keyColumns().stream().map(Column::name).forEach(header::add);
    header.addAll(List.of("window_start", "window_end"));
    answer.shape().metrics().forEach(m -> header.add(m.name()));
    header.addAll(List.of("events", "speed_events"));
    line(header, out);
    answer.rows().forEach(row -> line(fields(row), out));
    out.flush();
    Texts.lost(answer.provenance()).ifPresent(err::println);
    Texts.setAside(answer.provenance()).ifPresent(err::println);
    answer
        .provenance()
        .incompleteBecause()
        .ifPresent(why -> err.println(Printable.line("INCOMPLETE: " + why)));
  }

  private static List<Object> fields(MergedRow row) {
    List<Object> fields = new ArrayList<>(row.key());
    fields.add(row.start());
    fields.add(row.end());
    fields.addAll(row.values().values());
    fields.add(row.events());
    fields.add(row.speedEvents());
    return fields;
  }

  static void line(List<?> fields, PrintWriter out) {
    out.print(fields.stream().map(CsvWriter::field).collect(Collectors.joining(",")));
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
