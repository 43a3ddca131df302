package dev.lambdastack.views;

import java.util.function.Predicate;

/** Refuses rules that a view's rows or events can never be judged by. */
final class RuleCheck {
  private RuleCheck() {}

  static void check(View view, Rule rule) {
    if (rule instanceof Rule.Share share) {
      share.condition().test(view.column(share.column()));
    } else if (rule instanceof Rule.Range range) {
      check(view, range);
    } else if (rule instanceof Rule.Unique unique) {
      check(view, unique);
    }
  }

  private static void check(View view, Rule.Range range) {
    if (!has(view, m -> m.name().equals(range.metric()))) {
      throw new InvalidInputException(
          "View %s expects something of metric '%s', which it does not have"
              .formatted(view.name(), range.metric()));
    }

    if (!has(view, m -> m.name().equals(range.metric()) && isNumber(m))) {
      throw new InvalidInputException(
          "View %s expects metric '%s' to be in a range, but it is no number"
              .formatted(view.name(), range.metric()));
    }

    if (range.least() != null
        && range.greatest() != null
        && range.least().compareTo(range.greatest()) > 0) {
      throw new InvalidInputException(
          "View %s expects %s, which no number is".formatted(view.name(), range.text()));
    }
  }

  private static void check(View view, Rule.Unique unique) {
    if (view.column(unique.column()).nullable()) {
      throw new InvalidInputException(
          "View %s expects column '%s' to be unique: expected a column that is never null"
              .formatted(view.name(), unique.column()));
    }

    if (!has(
        view,
        m ->
            m.metric().kind() == Metric.Kind.DISTINCT
                && m.input().name().equals(unique.column()))) {
      throw new InvalidInputException(
          "View %s expects column '%s' to be unique, which a metric distinct(\"%s\") has to tell: add one"
              .formatted(view.name(), unique.column(), unique.column()));
    }
  }

  private static boolean has(View view, Predicate<ViewShape.NamedMetric> which) {
    return view.shape().metrics().stream().anyMatch(which);
  }

  private static boolean isNumber(ViewShape.NamedMetric named) {
    return switch (named.metric().kind()) {
      case COUNT, SUM, AVG, DISTINCT -> true;
      case MIN, MAX, LATEST ->
          switch (named.input().type()) {
            case LONG, DECIMAL, DOUBLE -> true;
            case STRING, BOOLEAN, TIMESTAMP -> false;
          };
    };
  }
}
