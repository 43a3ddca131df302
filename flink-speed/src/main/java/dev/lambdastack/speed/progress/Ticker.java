package dev.lambdastack.speed.progress;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Epoch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Some times in an epoch, on a thread of its own: checks that the topic is still the one that the
 * job was planned for, and ticks the partitions in which no record would ever close the epoch that
 * is due. Kafka being away for a while is no failure: the next round tries again.
 */
final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final SpeedPlan plan;
  private final TopicLog log;
  private final Clock clock;
  private final Supplier<Map<Integer, Position>> positions;
  private final Map<Integer, Long> catchUp;
  private final Consumer<InvalidInputException> refused;
  private final Set<Integer> warned = new HashSet<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread daemon = new Thread(task, "lambda-speed-ticks");
            daemon.setDaemon(true);
            return daemon;
          });

  /**
   * @param positions where the job stands, as far as is known
   * @param catchUp offsets that the job must have passed before it says anything; a tick stands
   *     behind them where nothing else would be delivered
   * @param refused is told once when the topic is no longer the planned one
   */
  Ticker(
      SpeedPlan plan,
      TopicLog log,
      Clock clock,
      Supplier<Map<Integer, Position>> positions,
      Map<Integer, Long> catchUp,
      Consumer<InvalidInputException> refused) {
    this.plan = plan;
    this.log = log;
    this.clock = clock;
    this.positions = positions;
    this.catchUp = catchUp;
    this.refused = refused;
  }

  void start() {
    long pause =
        Math.max(20, Math.min(LONGEST_PAUSE.toMillis(), plan.epochLength().toMillis() / 4));
    thread.scheduleWithFixedDelay(this::round, 0, pause, TimeUnit.MILLISECONDS);
  }

  private void round() {
    try {
      log.checkUnchanged();
      warnOfTheFuture();
      if (plan.ticks()) {
        tickBehindCatchUp();
        tickQuiet();
      }
    } catch (InvalidInputException e) {
      if (thread.isShutdown()) {
        return;
      }
      if (e.getCause() == null) {
        refused.accept(e);
        thread.shutdown();
      } else {
        LOG.warn("Cannot check or tick topic {}, trying again: {}", plan.topic(), e.getMessage());
      }
    } catch (RuntimeException e) {
      if (!thread.isShutdown()) {
        LOG.warn("Cannot check or tick topic {}, trying again", plan.topic(), e);
      }
    }
  }

  /** Aborted records and markers at the end of a log are never delivered: a tick is. */
  private void tickBehindCatchUp() {
    Set<Integer> behind = Positions.before(positions.get(), catchUp);
    if (!behind.isEmpty()) {
      Map<Integer, Long> ends = log.endOffsets();
      behind.removeIf(p -> ends.get(p) > catchUp.get(p));
      log.tick(behind);
    }
  }

  /**
   * Log time does not go back: after a broker's clock went wrong, its epochs come early for good.
   */
  private void warnOfTheFuture() {
    long latest = clock.millis() + plan.clockSkew().toMillis();
    for (Position position : positions.get().values()) {
      if (position.logTimeMillis() > latest && warned.add(position.partition())) {
        LOG.warn(
            "A record of topic {} partition {} before offset {} was appended in the future, at {}: check the brokers' clocks",
            plan.topic(),
            position.partition(),
            position.next(),
            Instant.ofEpochMilli(position.logTimeMillis()));
      }
    }
  }

  private void tickQuiet() {
    long due =
        new Epoch(Epoch.numberAt(clock.millis(), plan.epochLength()), plan.epochLength())
            .startMillis();
    Set<Integer> quiet = new HashSet<>(Positions.quiet(positions.get(), due));
    if (!quiet.isEmpty()) {
      // We may just be behind: only where the log itself has no such record it needs one.
      quiet.removeAll(log.boundaryRecords(due, quiet).keySet());
      log.tick(quiet);
    }
  }

  /** Waits for a round that is under way; closes the topic. */
  @Override
  public void close() throws InterruptedException {
    thread.shutdownNow();
    try {
      thread.awaitTermination(plan.kafka().timeout().toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      log.close();
    }
  }
}
