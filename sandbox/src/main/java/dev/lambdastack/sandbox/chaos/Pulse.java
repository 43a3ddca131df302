package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.serving.read.Answer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a cluster does its work, as those see it who use it: reads are answered, answers are
 * fresh, and events are acknowledged. Thread-safe.
 */
final class Pulse {
  private final Clock clock;
  private final Duration freshWithin;
  private final long mostWaiting;
  private Instant lastWell = Instant.MIN;
  private Instant lastUnwell = Instant.MIN;
  private Duration oldest = Duration.ZERO;
  private long waiting;

  /**
   * @param freshWithin how old an answer is at most where all is well
   * @param mostWaiting how many events are due and not acknowledged at most where all is well
   */
  Pulse(Clock clock, Duration freshWithin, long mostWaiting) {
    this.clock = clock;
    this.freshWithin = freshWithin;
    this.mostWaiting = mostWaiting;
  }

  /**
   * Takes what a read saw.
   *
   * @param answer none where the read failed
   * @param waitingNow how many events are due and not acknowledged
   */
  synchronized void beat(Optional<Answer> answer, long waitingNow) {
    beat(answer.map(a -> a.provenance().age()), clock.instant(), waitingNow);
  }

  private void beat(Optional<Duration> age, Instant now, long waitingNow) {
    waiting = Math.max(waiting, waitingNow);
    age.filter(a -> a.compareTo(oldest) > 0).ifPresent(a -> oldest = a);

    if (age.filter(a -> a.compareTo(freshWithin) <= 0).isPresent() && waitingNow <= mostWaiting) {
      lastWell = now;
    } else {
      lastUnwell = now;
    }
  }

  /** Whether all was well at each look of the last so long, and there was one. */
  synchronized boolean isWellFor(Duration time) {
    Instant since = clock.instant().minus(time);
    return lastUnwell.isBefore(since) && lastWell.isAfter(since);
  }

  /** How long after a moment something was last unwell; zero where nothing was since. */
  synchronized Duration unwellSince(Instant moment) {
    return lastUnwell.isAfter(moment) ? Duration.between(moment, lastUnwell) : Duration.ZERO;
  }

  /** The greatest age that an answer gave itself. */
  synchronized Duration oldest() {
    return oldest;
  }

  /** How many events at most were due and not acknowledged. */
  synchronized long mostWaited() {
    return waiting;
  }
}
