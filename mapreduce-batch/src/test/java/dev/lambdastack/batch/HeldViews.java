package dev.lambdastack.batch;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A view whose formula waits in map tasks while a test holds it. */
public final class HeldViews implements ViewProvider {
  public static final String TOPIC = "sales-held";
  public static final String VIEW = "sales_held";

  private static volatile Hold hold;

  /** Holds map tasks from its making on. */
  public static final class Hold implements AutoCloseable {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    public Hold() {
      hold = this;
    }

    /** Returns when a map task waits. */
    public void awaitTask() throws InterruptedException {
      reached.await();
    }

    /** Lets all tasks go on. */
    @Override
    public void close() {
      hold = null;
      released.countDown();
    }

    private void pass() {
      reached.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String text(byte[] kind) {
    Hold present = hold;
    // Commands look at some rows too, before there is a job.
    if (present != null && Thread.currentThread().getName().contains("Map Task")) {
      present.pass();
    }
    return "<" + new String(kind, StandardCharsets.UTF_8) + ">";
  }

  @Override
  public List<View> views() {
    return List.of(
        View.named(VIEW)
            .over(Sale.type(TOPIC, Sale.V1))
            .keyedBy("kind_text")
            .window(Duration.ofHours(1))
            .derived(
                new Column("kind_text", ColumnType.STRING, 0, false),
                1,
                List.of("kind"),
                row -> text(row.utf8At(0)))
            .metric("events", Metric.count())
            .metric("amount", Metric.sum("amount"))
            .build());
  }
}
