package dev.lambdastack.cli.ask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.Durations;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A declaration in words, from the declaration itself. */
final class Explanation {
  private final View view;
  private final ViewShape shape;
  private final JsonNode declaration;

  private Explanation(View view) {
    this.view = view;
    this.shape = view.shape();
    try {
      this.declaration = new ObjectMapper().readTree(view.declaration());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the declaration of " + view + " is not JSON", e);
    }
  }

  /** The lines. */
  static List<String> of(View view) {
    return new Explanation(view).lines();
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(view.name());
    part(lines, "reads", reads());
    part(lines, "derives", derives());
    part(lines, "takes", takes());
    part(lines, "groups by", groups());
    part(lines, "keeps", keeps());
    part(lines, "expects", view.rules().stream().map(Rule::text).toList());
    part(lines, "fingerprint", List.of(view.fingerprint()));
    return lines;
  }

  private static void part(List<String> lines, String title, List<String> texts) {
    String head = title;
    for (String text : texts) {
      lines.add("  %-12s %s".formatted(head, text));
      head = "";
    }
  }

  private List<String> reads() {
    return List.of(
        "topic %s (%s)"
            .formatted(view.eventType().topic(), view.eventType().schema().getFullName()),
        "its columns %s; %s says when an event happened"
            .formatted(String.join(", ", view.columns()), view.eventType().eventTime()));
  }

  private List<String> derives() {
    List<String> texts = new ArrayList<>();
    for (JsonNode formula : declaration.get("derived")) {
      List<String> inputs = new ArrayList<>();
      formula.get("inputs").forEach(i -> inputs.add(i.get("name").asText()));
      texts.add(
          String.format(
              Locale.ROOT,
              "%s (%s) from %s, by version %d of its formula",
              formula.get("column").get("name").asText(),
              formula.get("column").get("type").asText(),
              String.join(", ", inputs),
              formula.get("version").asInt()));
    }

    return texts;
  }

  private List<String> takes() {
    List<String> texts = new ArrayList<>();
    declaration.get("where").forEach(c -> texts.add(condition(c)));
    return texts.isEmpty() ? List.of("every event") : texts;
  }

  /** A condition stands as {@code OPERATOR[operand, …]}. */
  private static String condition(JsonNode node) {
    String text = node.get("condition").asText();
    int bracket = text.indexOf('[');
    String operands = text.substring(bracket + 1, text.length() - 1);

    String words =
        switch (text.substring(0, bracket)) {
          case "IN" -> "is " + (operands.contains(", ") ? "one of " : "") + operands;
          case "NOT_IN" -> "is not " + operands;
          case "AT_LEAST" -> "is at least " + operands;
          case "AT_MOST" -> "is at most " + operands;
          case "IS_NULL" -> "is missing";
          case "IS_NOT_NULL" -> "is there";
          default -> text;
        };

    return "events whose " + node.get("column").get("name").asText() + " " + words;
  }

  private List<String> groups() {
    String window =
        "windows of %s of %s, UTC"
            .formatted(Durations.words(shape.window()), view.eventType().eventTime());

    List<String> texts = new ArrayList<>();
    texts.add(
        shape.keyColumns().isEmpty()
            ? window + "; there is no key"
            : shape.answered().keyColumns().stream()
                    .map(Column::name)
                    .collect(Collectors.joining(", "))
                + " and "
                + window);

    for (Lookup lookup : shape.lookups()) {
      texts.add(
          "%s is what dimension %s says of %s when an answer is read, or '%s'"
              .formatted(lookup.attribute(), lookup.dimension(), lookup.column(), Lookup.UNKNOWN));
    }

    return texts;
  }

  private List<String> keeps() {
    int width = shape.metrics().stream().mapToInt(m -> m.name().length()).max().orElse(0);
    return shape.metrics().stream()
        .map(m -> ("%-" + width + "s  %s").formatted(m.name(), metric(m)))
        .toList();
  }

  private static String metric(ViewShape.NamedMetric named) {
    Metric metric = named.metric();
    String column = metric.input().orElse("");

    return switch (metric.kind()) {
      case COUNT -> "the number of events";
      case SUM -> "the exact sum of " + column;
      case AVG ->
          "the average of %s%s"
              .formatted(
                  column,
                  metric.scale() < 0
                      ? ""
                      : String.format(
                          Locale.ROOT,
                          ", rounded to %d digits (%s)",
                          metric.scale(),
                          metric.rounding()));
      case MIN -> "the least " + column;
      case MAX -> "the greatest " + column;
      case DISTINCT ->
          "how many different " + column + ": exact while few, then within 1.63 % (standard error)";
      case LATEST -> "the " + column + " of the latest event";
    };
  }
}
