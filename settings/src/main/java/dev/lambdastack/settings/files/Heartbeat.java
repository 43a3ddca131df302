package dev.lambdastack.settings.files;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a sign of life at once and again and again, on a thread of its own, until it is closed. A
 * sign that fails, whatever the reason, is told in the log, and the next one is due as ever: others
 * take a process without signs for dead.
 */
public final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

  private final String whose;
  private final Sign sign;
  private final ScheduledExecutorService thread;

  /** What others see, such as a file's new modification time. */
  @FunctionalInterface
  public interface Sign {
    void give() throws IOException;
  }

  private Heartbeat(String whose, Sign sign) {
    this.whose = whose;
    this.sign = sign;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "heartbeat of " + whose);
              daemon.setDaemon(true);
              return daemon;
            });
  }

  /**
   * Begins.
   *
   * @param whose for the log, such as {@code the speed job of topic orders}
   * @param pause between the end of one sign and the next
   */
  public static Heartbeat start(String whose, Duration pause, Sign sign) {
    Heartbeat heartbeat = new Heartbeat(whose, sign);
    // Nothing comes out of beat, which would end the schedule without a word.
    var unused =
        heartbeat.thread.scheduleWithFixedDelay(
            heartbeat::beat, 0, Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS);
    return heartbeat;
  }

  private void beat() {
    try {
      sign.give();
    } catch (IOException e) {
      if (!thread.isShutdown()) {
        LOG.warn("Cannot give a sign of life of {}, trying again: {}", whose, e.toString());
      }
    } catch (RuntimeException e) {
      if (!thread.isShutdown()) {
        LOG.warn("Cannot give a sign of life of {}, trying again", whose, e);
      }
    }
  }

  /** Gives no further sign; one that is under way is interrupted. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
