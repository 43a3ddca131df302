package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What an incremental recompute costs where history is ten times as long and the new events are the
 * same: a measure, run by {@code scripts/incremental-cost}, and no test of time.
 */
@ExtendWith(Servers.Extension.class)
@EnabledIfSystemProperty(named = "incremental-cost", matches = "true")
class IncrementalCostIT {
  private static final int DATES = 10;
  private static final int EVENTS_OF_A_DATE = Integer.getInteger("events-of-a-date", 5_000);
  private static final int NEW_EVENTS = 2_000;
  private static final int RUNS = 5;
  private static final long DAY = 86_400_000L;

  @Test
  void costFollowsWhatIsNew(Servers servers) throws Exception {
    double warmUp = median(servers, DATES);
    double once = median(servers, DATES);
    double tenTimes = median(servers, 10 * DATES);
    System.out.printf(
        Locale.ROOT,
        "incremental, %d new events: %.2f s after %d dates (%d events), %.2f s after %d dates; warm-up %.2f s%n",
        NEW_EVENTS,
        once,
        DATES,
        DATES * EVENTS_OF_A_DATE,
        tenTimes,
        10 * DATES,
        warmUp);
    System.out.printf(Locale.ROOT, "incremental x10: %.2f%n", tenTimes / once);
  }

  private static double median(Servers servers, int dates) throws Exception {
    Random random = new Random(dates);
    try (Scene scene = Scene.openWithHBase(servers, 3)) {
      View view = RecomputeIT.everything(scene.viewName(), scene.type(Sale.V1));
      Recompute recompute =
          new Recompute(scene.config(), Views.of(List.of(view)), Sale.SCHEMAS, scene.clock());
      for (int date = dates; date > 0; date--) {
        send(scene, random, EVENTS_OF_A_DATE, date);
        if (date % 10 == 1) {
          scene.toEpochStart();
          scene.archive(Sale.V1).run(scene.topic());
        }
      }
      recompute.run(view.name());
      List<Double> seconds = new ArrayList<>();
      for (int run = 0; run < RUNS; run++) {
        send(scene, random, NEW_EVENTS, 1);
        scene.toEpochStart();
        scene.archive(Sale.V1).run(scene.topic());
        long started = System.nanoTime();
        Recompute.Outcome outcome =
            recompute.run(List.of(view.name()), Recompute.Options.DEFAULT).get(0);
        seconds.add((System.nanoTime() - started) / 1e9);
        assertThat(outcome.base()).isPresent();
      }
      return seconds.stream().sorted().toList().get(RUNS / 2);
    }
  }

  /** Events of the date that lies so many days back. */
  private static void send(Scene scene, Random random, int count, int daysBack) {
    long start = Math.floorDiv(scene.now(), DAY) * DAY - daysBack * DAY;
    for (int p = 0; p < 3; p++) {
      scene.sendAll(
          p,
          IntStream.range(0, count / 3)
              .mapToObj(i -> Sale.random(random, start + random.nextInt((int) DAY)))
              .toList(),
          Sale.V1);
    }
  }
}
