package dev.lambdastack.serving.query;

import dev.lambdastack.console.Csv;
import dev.lambdastack.console.Printable;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.views.Column;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** {@linkplain Csv RFC 4180} with a header line. */
final class CsvWriter implements AnswerWriter {
  @Override
  public void write(Question question, Answer answer, PrintWriter out, PrintWriter err) {
    List<Object> header = new ArrayList<>();
    answer.shape().keyColumns().stream().map(Column::name).forEach(header::add);
    header.addAll(List.of("window_start", "window_end"));
    answer.shape().metrics().forEach(m -> header.add(m.name()));
    header.addAll(List.of("events", "speed_events"));

    Csv.line(header, out);
    answer.rows().forEach(row -> Csv.line(fields(row), out));
    out.flush();

    Warnings.lost(answer.provenance()).ifPresent(err::println);
    Warnings.setAside(answer.provenance()).ifPresent(err::println);
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
}
