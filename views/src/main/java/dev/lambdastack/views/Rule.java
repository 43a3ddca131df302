package dev.lambdastack.views;

import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.aggregate.DistinctSketch;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A data-quality rule of a view: what must hold of the events that it counts, or of each row that
 * it makes. A version that breaks one is held before it answers.
 *
 * <pre>{@code
 * .expect(nullShare("coupon").atMost(0.9))
 * .expect(share("amount", atLeast(0)).atLeast(0.99))
 * .expect(metric("revenue").between(0, 1_000_000))
 * .expect(unique("order_id"))
 * }</pre>
 *
 * <p>Rules are no part of a view's fingerprint: they change no cell.
 */
public sealed interface Rule {
  /** As it is declared, in one line; equal texts are equal rules. */
  String text();

  /** The share of the counted events whose column is null. */
  static ShareBuilder nullShare(String column) {
    return new ShareBuilder(column, Condition.isNull());
  }

  /** The share of the counted events whose column meets a condition; a null meets none but null. */
  static ShareBuilder share(String column, Condition condition) {
    return new ShareBuilder(column, condition);
  }

  /** The value of a metric in each row; a metric that saw only nulls breaks no rule. */
  static MetricBuilder metric(String metric) {
    return new MetricBuilder(metric);
  }

  /**
   * No value of the column comes twice in one key and window: events that were sent twice show up
   * here. The view needs a {@code distinct} metric of the column; rows of more than {@link
   * DistinctSketch#MAX_EXACT} different values are estimates and are not judged.
   */
  static Rule unique(String column) {
    return new Unique(column);
  }

  /**
   * A share of the counted events.
   *
   * @param least whether the limit is the least share, else the greatest
   * @param limit 0 to 1
   */
  record Share(String column, Condition condition, boolean least, BigDecimal limit)
      implements Rule {
    @Override
    public String text() {
      String what =
          condition.operator() == Condition.Operator.IS_NULL
              ? "nullShare(%s)".formatted(column)
              : "share(%s %s)".formatted(column, words(condition));
      return "%s %s %s".formatted(what, least ? ">=" : "<=", limit.toPlainString());
    }

    private static String words(Condition condition) {
      String operands =
          condition.operands().stream().map(Object::toString).collect(Collectors.joining(", "));
      return switch (condition.operator()) {
        case IN -> "in " + operands;
        case NOT_IN -> "not in " + operands;
        case AT_LEAST -> ">= " + operands;
        case AT_MOST -> "<= " + operands;
        case IS_NULL -> "is null";
        case IS_NOT_NULL -> "is not null";
      };
    }

    /**
     * What holds of the events that a version had and those that were counted since.
     *
     * @param before what was found of that version, by this rule
     */
    public RuleResult result(RuleResult before, long events, long meeting) {
      if (!before.rule().equals(text())) {
        throw new IllegalArgumentException(before.rule() + " is not " + text());
      }
      return result(before.checked() + events, before.counted() + meeting);
    }

    /**
     * What was found.
     *
     * @param events that the view counts
     * @param meeting those of them whose column meets the condition
     */
    public RuleResult result(long events, long meeting) {
      BigDecimal allowed = limit.multiply(BigDecimal.valueOf(events));
      int order = BigDecimal.valueOf(meeting).compareTo(allowed);
      return new RuleResult(text(), events, meeting, least ? order >= 0 : order <= 0, List.of());
    }
  }

  /** A rule of each row by itself. */
  sealed interface OfRow extends Rule {
    /** Why this row breaks the rule, in a few words; empty when it does not. */
    Optional<String> brokenBy(Aggregate row);
  }

  /**
   * A metric's range.
   *
   * @param least inclusive; null for none
   * @param greatest inclusive; null for none
   */
  record Range(String metric, BigDecimal least, BigDecimal greatest) implements OfRow {
    @Override
    public String text() {
      if (least == null) {
        return "%s <= %s".formatted(metric, greatest.toPlainString());
      }
      return greatest == null
          ? "%s >= %s".formatted(metric, least.toPlainString())
          : "%s in [%s, %s]".formatted(metric, least.toPlainString(), greatest.toPlainString());
    }

    @Override
    public Optional<String> brokenBy(Aggregate row) {
      Object value = row.values().get(metric);
      return value == null || holds(value)
          ? Optional.empty()
          : Optional.of("%s is %s".formatted(metric, text(value)));
    }

    private static String text(Object value) {
      return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
    }

    private boolean holds(Object value) {
      if (value instanceof Double real && !Double.isFinite(real)) {
        return false;
      }
      BigDecimal number =
          value instanceof BigDecimal decimal ? decimal : new BigDecimal(value.toString());
      return (least == null || number.compareTo(least) >= 0)
          && (greatest == null || number.compareTo(greatest) <= 0);
    }
  }

  /** See {@link Rule#unique}. */
  record Unique(String column) implements OfRow {
    @Override
    public String text() {
      return "unique(%s)".formatted(column);
    }

    @Override
    public Optional<String> brokenBy(Aggregate row) {
      OptionalLong different = row.exactDistinct(column);
      return different.isEmpty() || different.getAsLong() == row.events()
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "%d events have %d different %s",
                  row.events(),
                  different.getAsLong(),
                  column));
    }
  }

  /** Takes the bound of a share. */
  final class ShareBuilder {
    private final String column;
    private final Condition condition;

    private ShareBuilder(String column, Condition condition) {
      this.column = Objects.requireNonNull(column, "column");
      this.condition = Objects.requireNonNull(condition, "condition");
    }

    /**
     * @param share 0 to 1
     */
    public Rule atMost(double share) {
      return new Share(column, condition, false, checked(share));
    }

    /**
     * @param share 0 to 1
     */
    public Rule atLeast(double share) {
      return new Share(column, condition, true, checked(share));
    }

    private BigDecimal checked(double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new InvalidInputException(
            "Cannot expect a share of %s of column '%s': expected 0 to 1".formatted(share, column));
      }
      return BigDecimal.valueOf(share);
    }
  }

  /** Takes the range of a metric. */
  final class MetricBuilder {
    private final String metric;

    private MetricBuilder(String metric) {
      this.metric = Objects.requireNonNull(metric, "metric");
    }

    public Rule atLeast(Number least) {
      return new Range(metric, decimal(least), null);
    }

    public Rule atMost(Number greatest) {
      return new Range(metric, null, decimal(greatest));
    }

    /** Both inclusive. */
    public Rule between(Number least, Number greatest) {
      return new Range(metric, decimal(least), decimal(greatest));
    }

    private BigDecimal decimal(Number bound) {
      try {
        return new BigDecimal(bound.toString());
      } catch (NumberFormatException e) {
        throw new InvalidInputException(
            "Cannot expect metric '%s' to be about %s: expected a finite number"
                .formatted(metric, bound));
      }
    }
  }
}
