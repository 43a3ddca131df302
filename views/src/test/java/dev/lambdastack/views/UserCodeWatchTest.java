package dev.lambdastack.views;

import static dev.lambdastack.views.Metric.count;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UserCodeWatchTest {
  private static final Column WORDS = new Column("words", ColumnType.LONG, 0, false);
  private static final Duration LIMIT = Duration.ofMillis(300);
  private static final CountDownLatch END = new CountDownLatch(1);

  private static BoundView counting(String view, Derivation formula) {
    View declared =
        View.named(view)
            .over(TestTypes.EVERYTHING)
            .derived(WORDS, 1, List.of("text"), formula)
            .keyedBy("words")
            .window(Duration.ofMillis(1000))
            .metric("n", count())
            .build();
    return declared.bind(declared.columns());
  }

  private static void awaitTheEnd() {
    try {
      END.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFormulaThatDoesNotEndIsNamedOnceWithTheEventAndNoOther() throws Exception {
    BoundView endless =
        counting(
            "endless",
            row -> {
              awaitTheEnd();
              return 1L;
            });
    BoundView busy = counting("busy", row -> 1L);
    BlockingQueue<String> found = new LinkedBlockingQueue<>();
    Thread watch = UserCodeWatch.watch(LIMIT, found::add);
    Thread stuck =
        new Thread(
            () ->
                endless.accepts(
                    TestEvent.at(1, 2, 77).with("text", "a").row(endless.view().columns())));
    stuck.start();

    try {
      String what = null;
      while (what == null) {
        busy.accepts(TestEvent.at(5, 0, 1).with("text", "a").row(busy.view().columns()));
        what = found.poll(1, TimeUnit.MILLISECONDS);
      }

      assertThat(what)
          .startsWith("Cannot compute column 'words' of view endless at topic ")
          .contains("partition 2 offset 77: it has not ended within 300 milliseconds");
      long until = System.nanoTime() + 3 * LIMIT.toNanos();
      while (System.nanoTime() < until) {
        busy.accepts(TestEvent.at(5, 0, 1).with("text", "a").row(busy.view().columns()));
      }
      assertThat(found).isEmpty();
    } finally {
      END.countDown();
      stuck.join();
      watch.interrupt();
      watch.join();
    }
  }
}
