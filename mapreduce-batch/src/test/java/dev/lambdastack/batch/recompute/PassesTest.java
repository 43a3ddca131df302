package dev.lambdastack.batch.recompute;

import static dev.lambdastack.views.Metric.count;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.YarnViews;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.View;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PassesTest {
  private static final EventType TYPE = new YarnViews().views().get(0).eventType();

  @Test
  void manyViewsAreCutIntoPassesThatAJobHasCountersFor() {
    List<View> views =
        IntStream.range(0, 100)
            .mapToObj(
                i ->
                    View.named("view_" + i)
                        .over(TYPE)
                        .keyedBy("kind")
                        .window(Duration.ofDays(1))
                        .metric("events", count())
                        .build())
            .toList();

    List<List<View>> passes = Recompute.passes(views);
    assertThat(passes.stream().flatMap(List::stream).toList()).isEqualTo(views);
    assertThat(passes).allSatisfy(pass -> assertThat(pass).hasSizeBetween(1, 12));
    assertThat(Recompute.passes(views.subList(0, 12))).hasSize(1);
  }
}
