package dev.lambdastack.sandbox;

import dev.lambdastack.console.OutputLostException;
import dev.lambdastack.console.Printable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * What the quickstart shows: a heading for each step, lines below it, a progress bar where a person
 * watches and plain lines where none does. Not thread-safe.
 */
final class Screen {
  private static final Duration PLAIN_STEP = Duration.ofSeconds(10);
  private static final int WIDTH = 100;

  private final PrintWriter out;
  private final boolean watched;
  private final long startNanos = System.nanoTime();
  private int step;

  /**
   * A screen.
   *
   * @param watched whether the output is a terminal
   */
  Screen(PrintWriter out, boolean watched) {
    this.out = out;
    this.watched = watched;
  }

  /** A numbered heading, with the time since the start. */
  void heading(String title) {
    step++;
    String left = String.format(Locale.ROOT, "%d. %s ", step, title);
    String right = String.format(Locale.ROOT, " %5.1f s", elapsed().toMillis() / 1000.0);
    out.println();
    out.println(left + "─".repeat(Math.max(3, WIDTH - left.length() - right.length())) + right);
  }

  /**
   * A line below a heading.
   *
   * @throws OutputLostException when nobody can see it
   */
  void say(String format, Object... values) {
    out.println("   " + Printable.line(String.format(Locale.ROOT, format, values)));
    OutputLostException.check(out);
  }

  /** A line by itself. */
  void title(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
    OutputLostException.check(out);
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** Shows how far something is that has a known end; lines may be said meanwhile. */
  Progress progress(String task, long whole) {
    return watched ? new Bar(task, whole) : new Lines(task, whole);
  }

  /** How far something is. */
  interface Progress extends AutoCloseable {
    void at(long done);

    /** A line that stays. */
    void say(String format, Object... values);

    @Override
    void close();
  }

  private final class Bar implements Progress {
    private final ProgressBar bar;

    Bar(String task, long whole) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("   " + task)
              .setInitialMax(whole)
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .setConsumer(new ConsoleProgressBarConsumer(System.out, WIDTH))
              .hideEta()
              .setUpdateIntervalMillis(200)
              .build();
    }

    @Override
    public void at(long done) {
      bar.stepTo(done);
    }

    @Override
    public void say(String format, Object... values) {
      // Over the bar, which is drawn again below.
      out.print("\r\033[K");
      Screen.this.say(format, values);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  private final class Lines implements Progress {
    private final String task;
    private final long whole;
    private long lastNanos = System.nanoTime();

    Lines(String task, long whole) {
      this.task = task;
      this.whole = whole;
    }

    @Override
    public void at(long done) {
      if (done < whole && System.nanoTime() - lastNanos > PLAIN_STEP.toNanos()) {
        lastNanos = System.nanoTime();
        Screen.this.say("%s: %s of %s", task, count(done), count(whole));
      }
    }

    @Override
    public void say(String format, Object... values) {
      Screen.this.say(format, values);
    }

    @Override
    public void close() {
      // Nothing to wipe.
    }
  }

  /** A number with separators. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
