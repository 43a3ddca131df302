package dev.lambdastack.serving.query;

import dev.lambdastack.console.Printable;
import dev.lambdastack.console.TextTable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.ViewShape;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Aligned columns, numbers to the right in plain digits, and where they come from below. */
final class TableWriter implements AnswerWriter {

  @Override
  public void write(Question question, Answer answer, PrintWriter out, PrintWriter err) {
    TextTable table = new TextTable(header(answer.shape()));
    answer.rows().forEach(row -> table.add(cells(row)));
    if (!answer.rows().isEmpty()) {
      table.print(out);
      out.println();
    }
    footer(question, answer).stream().map(Printable::line).forEach(out::println);
  }

  private static List<String> header(ViewShape shape) {
    List<String> names = new ArrayList<>();
    names.add("window_start");
    shape.keyColumns().stream().map(Column::name).forEach(names::add);
    shape.metrics().forEach(m -> names.add(m.name()));
    names.add("from_speed");
    return names;
  }

  private static List<Object> cells(MergedRow row) {
    List<Object> cells = new ArrayList<>();
    cells.add(row.start());
    cells.addAll(row.key());
    cells.addAll(row.values().values());
    cells.add(new TextTable.Right(Texts.percent(row.speedShare())));
    return cells;
  }

  private static List<String> joined(Answer.Joined joined, Provenance from) {
    List<String> lines = new ArrayList<>();
    joined
        .dimensions()
        .forEach(
            (dimension, time) ->
                lines.add(
                    "Joined to %s as of %s, %s ago."
                        .formatted(
                            dimension,
                            time,
                            Texts.duration(Duration.between(time, from.readAt()).abs()))));

    unknown(joined.withoutId(), "does not have %s").ifPresent(lines::add);
    unknown(joined.withoutAttribute(), "has %s, without the attribute").ifPresent(lines::add);
    return lines;
  }

  private static Optional<String> unknown(long events, String why) {
    return events == 0
        ? Optional.empty()
        : Optional.of(
            "%s under '%s': the dimension %s."
                .formatted(
                    Texts.count(events, "event"),
                    Lookup.UNKNOWN,
                    why.formatted(events == 1 ? "its id" : "their ids")));
  }

  private static List<String> footer(Question question, Answer answer) {
    Provenance from = answer.provenance();
    List<String> lines = new ArrayList<>();

    String counted =
        answer.rows().isEmpty()
            ? "No events in windows that start in [%s, %s)"
                .formatted(question.from(), question.to())
            : "%s, %s"
                .formatted(
                    Texts.count(answer.rows().size(), "row"),
                    Texts.count(answer.events(), "event"));
    lines.add(
        "%s: %s; %s"
            .formatted(
                counted,
                from.version()
                    .map(
                        v ->
                            String.format(
                                Locale.ROOT,
                                "batch version %d up to %s (epoch %d)",
                                v.number(),
                                from.horizon(),
                                from.horizonEpoch()))
                    .orElse("no batch version yet"),
                from.generation()
                    .map(
                        g ->
                            String.format(
                                Locale.ROOT,
                                "speed generation %d from there on, %s of the events",
                                g.number(),
                                Texts.percent(answer.speedShare())))
                    .orElse("nothing from a speed layer")));

    Warnings.lost(from).ifPresent(lines::add);
    Warnings.setAside(from).ifPresent(lines::add);
    answer.joined().ifPresent(joined -> lines.addAll(joined(joined, from)));
    from.incompleteBecause().ifPresent(why -> lines.add("INCOMPLETE: " + why));

    lines.add(
        from.freshness().equals(Instant.EPOCH)
            ? "How far the speed layer has come is not known yet."
            : "Whole up to %s, %s ago.".formatted(from.freshness(), Texts.duration(from.age())));
    return lines;
  }
}
