package dev.lambdastack.benchmarks;

import dev.lambdastack.serving.read.Answer;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one side says of every group of a query.
 *
 * @param byKey the values of each, by the parts of its key and its day
 */
record Groups(Map<String, List<BigDecimal>> byKey) {
  private static final long MILLIS_A_DAY = 86_400_000;

  /**
   * How far two counts of different values may lie apart: six standard errors of their difference,
   * where each has one of 1.63 %.
   */
  private static final BigDecimal APART = new BigDecimal("0.14");

  /** And where they are few, by this much. */
  private static final BigDecimal FEW = BigDecimal.valueOf(3);

  Groups {
    byKey = Map.copyOf(byKey);
  }

  /** Whether a value must be the same, or is an estimate on both sides. */
  enum Value {
    EXACT,
    ESTIMATE;

    private boolean agree(BigDecimal ours, BigDecimal theirs) {
      return switch (this) {
        case EXACT -> ours.compareTo(theirs) == 0;
        case ESTIMATE ->
            ours.subtract(theirs).abs().compareTo(theirs.multiply(APART).max(FEW)) <= 0;
      };
    }
  }

  /** Of an answer: its metrics in the order of the view. */
  static Groups of(Answer answer) {
    Map<String, List<BigDecimal>> byKey = new TreeMap<>();
    answer
        .rows()
        .forEach(
            row -> {
              List<Object> key = new ArrayList<>(row.key());
              key.add(Math.floorDiv(row.start().toEpochMilli(), MILLIS_A_DAY));
              byKey.put(
                  key.toString(),
                  row.values().values().stream().map(v -> new BigDecimal(v.toString())).toList());
            });

    return new Groups(byKey);
  }

  /**
   * Of what a peer wrote.
   *
   * @param lines a group each: the parts of its key, its day and its values, between bars
   * @param values how many values stand at the end
   */
  static Groups of(List<String> lines, int values) {
    Map<String, List<BigDecimal>> byKey = new TreeMap<>();
    for (String line : lines) {
      List<String> parts = Arrays.asList(line.split("\\|", -1));
      int keys = parts.size() - values;
      byKey.put(
          parts.subList(0, keys).toString(),
          parts.subList(keys, parts.size()).stream().map(BigDecimal::new).toList());
    }
    return new Groups(byKey);
  }

  /** Compares every value of every group with what is right. */
  void check(String who, Groups expected, List<Value> values) throws WrongAnswerException {
    for (Map.Entry<String, List<BigDecimal>> group : expected.byKey().entrySet()) {
      List<BigDecimal> ours = byKey.get(group.getKey());
      if (ours == null || !agree(ours, group.getValue(), values)) {
        throw new WrongAnswerException(
            "%s has %s for %s, where it should have %s"
                .formatted(who, ours == null ? "nothing" : ours, group.getKey(), group.getValue()));
      }
    }
    WrongAnswerException.check(who, byKey.size() + " groups", expected.byKey().size() + " groups");
  }

  private static boolean agree(List<BigDecimal> ours, List<BigDecimal> theirs, List<Value> values) {
    if (ours.size() != values.size() || theirs.size() != values.size()) {
      return false;
    }
    for (int i = 0; i < values.size(); i++) {
      if (!values.get(i).agree(ours.get(i), theirs.get(i))) {
        return false;
      }
    }
    return true;
  }
}
