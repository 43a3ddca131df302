package dev.lambdastack.speed;

import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.sink.HBaseSink;
import java.io.IOException;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * The real sink behind a gate that tests hold shut, slow down or make fail; one for this JVM, since
 * tasks get copies.
 */
final class UnrulySink implements Sink<Total> {
  private static final long serialVersionUID = 1L;

  static volatile int heldTask = -1;

  /** The task that stands at the gate since it was shut for it. */
  static volatile int standing = -1;

  static volatile int delayMillis;
  static volatile boolean failAfterFlush;
  static volatile boolean cutOff;
  static final AtomicInteger FAILURES = new AtomicInteger();
  static final AtomicInteger FAIL_NEXT = new AtomicInteger();

  /** Writers that outlived their attempts, each with the last total that it was given. */
  static final Queue<Outlived> OUTLIVED = new ConcurrentLinkedQueue<>();

  record Outlived(SinkWriter<Total> writer, Total last) {}

  private final SpeedPlan plan;

  UnrulySink(SpeedPlan plan) {
    this.plan = plan;
  }

  static void calm() {
    heldTask = -1;
    standing = -1;
    delayMillis = 0;
    failAfterFlush = false;
    cutOff = false;
    FAIL_NEXT.set(0);
    FAILURES.set(0);
  }

  @Override
  public SinkWriter<Total> createWriter(WriterInitContext context) throws IOException {
    int task = context.getTaskInfo().getIndexOfThisSubtask();
    SinkWriter<Total> writer = new HBaseSink(plan).createWriter(context);
    Random random = new Random(task);
    return new SinkWriter<>() {
      private Total last;

      @Override
      public void write(Total total, Context c) throws IOException, InterruptedException {
        gate();
        writer.write(total, c);
        last = total;
      }

      @Override
      public void flush(boolean endOfInput) throws IOException, InterruptedException {
        gate();
        writer.flush(endOfInput);
        if (failAfterFlush) {
          FAILURES.incrementAndGet();
          throw new IOException("injected after the flush");
        }
      }

      private void gate() throws IOException, InterruptedException {
        while (heldTask == task) {
          standing = task;
          Thread.sleep(5);
        }
        if (delayMillis > 0) {
          Thread.sleep(random.nextInt(delayMillis));
        }
        if (FAIL_NEXT.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
          FAILURES.incrementAndGet();
          throw new IOException("injected");
        }
      }

      @Override
      public void close() throws Exception {
        if (cutOff && last != null) {
          OUTLIVED.add(new Outlived(writer, last));
        } else {
          writer.close();
        }
      }
    };
  }
}
