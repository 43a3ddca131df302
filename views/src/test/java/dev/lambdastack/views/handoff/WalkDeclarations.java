package dev.lambdastack.views.handoff;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.TestEvent;
import dev.lambdastack.views.TestTypes;
import dev.lambdastack.views.View;
import java.time.Duration;
import java.util.List;

/** What the one view of a walk is declared as, at one time or another. */
final class WalkDeclarations {
  static final List<String> COLUMNS = List.of("whole", "money", "flag");

  static final List<View> ALL =
      List.of(
          View.named("walk")
              .over(TestTypes.EVERYTHING)
              .window(Duration.ofMillis(25))
              .metric("n", count())
              .metric("total", sum("money"))
              .metric("different", distinct("whole"))
              .metric("last", latest("whole"))
              .build(),
          View.named("walk")
              .over(TestTypes.EVERYTHING)
              .window(Duration.ofMillis(25))
              .where("flag", is(true))
              .metric("n", count())
              .metric("total", sum("money"))
              .build(),
          View.named("walk")
              .over(TestTypes.EVERYTHING)
              .window(Duration.ofMillis(50))
              .metric("n", count())
              .metric("most", max("money"))
              .build());

  private static final List<BoundView> BOUND = ALL.stream().map(v -> v.bind(COLUMNS)).toList();

  private WalkDeclarations() {}

  static int indexOf(String fingerprint) {
    return ALL.indexOf(of(fingerprint));
  }

  /** The window of an event in each declaration. */
  static List<Long> windows(TestEvent event) {
    Row row = event.row(COLUMNS);
    return BOUND.stream()
        .map(
            bound ->
                bound.accepts(row)
                    ? bound.view().shape().windowStart(event.eventTime())
                    : WalkLog.NOT_COUNTED)
        .toList();
  }

  static View of(String fingerprint) {
    return ALL.stream().filter(v -> v.fingerprint().equals(fingerprint)).findFirst().orElseThrow();
  }
}
