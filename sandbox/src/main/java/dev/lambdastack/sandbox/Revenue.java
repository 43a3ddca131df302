package dev.lambdastack.sandbox;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What each category sold on each day, from the source rows alone. */
final class Revenue {
  /** What an answer is. */
  enum Kind {
    RIGHT,
    /** Each window is wrong in the same way. */
    WRONG,
    /** Some windows are this, some are that: what no reader may ever see. */
    MIXED
  }

  private record Window(Object category, Instant day) {}

  private final Map<Window, BigDecimal> truth = new HashMap<>();

  Revenue(List<ShopEvent> events) {
    for (ShopEvent event : events) {
      if (event.action() == Action.PURCHASE) {
        truth.merge(
            new Window(event.category(), event.time().truncatedTo(ChronoUnit.DAYS)),
            event.amount(),
            BigDecimal::add);
      }
    }
  }

  BigDecimal total() {
    return truth.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  static BigDecimal total(Answer answer) {
    return answer.rows().stream()
        .map(row -> (BigDecimal) row.value("revenue"))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** Compares every window. */
  Kind kind(Answer answer) {
    if (answer.rows().size() != truth.size()) {
      return Kind.MIXED;
    }
    if (isTruthTimes(answer, BigDecimal.ONE)) {
      return Kind.RIGHT;
    }
    return isTruthTimes(answer, DrillViews.WRONG) ? Kind.WRONG : Kind.MIXED;
  }

  private boolean isTruthTimes(Answer answer, BigDecimal factor) {
    for (MergedRow row : answer.rows()) {
      BigDecimal expected = truth.get(new Window(row.key().get(0), row.start()));
      if (expected == null
          || expected.multiply(factor).compareTo((BigDecimal) row.value("revenue")) != 0) {
        return false;
      }
    }
    return true;
  }
}
