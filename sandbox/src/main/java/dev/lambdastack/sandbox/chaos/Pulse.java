package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.serving.read.Answer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a cluster does its work, as those see it who use it: reads are answered, answers are
 * fresh, and events are acknowledged. Thread-safe.
 */
final class Pulse {
  /** Looks that are farther apart than that, with all well between them, are of two spells. */
  private static final Duration GAP = Duration.ofSeconds(10);

  /**
   * A time in which something was unwell at some looks at least.
   *
   * @param failed how many reads failed
   * @param oldest the greatest age that an answer gave itself
   * @param mostWaited how many events at most were due and not acknowledged
   */
  record Spell(Instant from, Instant to, long failed, Duration oldest, long mostWaited) {
    private Spell and(Spell later) {
      return new Spell(
          from,
          later.to,
          failed + later.failed,
          oldest.compareTo(later.oldest) > 0 ? oldest : later.oldest,
          Math.max(mostWaited, later.mostWaited));
    }
  }

  private final Clock clock;
  private final Duration freshWithin;
  private final long mostWaiting;
  private Instant lastWell = Instant.MIN;
  private final List<Spell> spells = new ArrayList<>();
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

  /** The same, where the answer gave itself an age. */
  synchronized void beat(Optional<Duration> age, Instant now, long waitingNow) {
    waiting = Math.max(waiting, waitingNow);
    age.filter(a -> a.compareTo(oldest) > 0).ifPresent(a -> oldest = a);

    if (age.filter(a -> a.compareTo(freshWithin) <= 0).isPresent() && waitingNow <= mostWaiting) {
      lastWell = now;
    } else {
      unwell(new Spell(now, now, age.isPresent() ? 0 : 1, age.orElse(Duration.ZERO), waitingNow));
    }
  }

  private void unwell(Spell look) {
    Spell last = spells.isEmpty() ? null : spells.get(spells.size() - 1);
    if (last != null && !last.to().plus(GAP).isBefore(look.from())) {
      spells.set(spells.size() - 1, last.and(look));
    } else {
      spells.add(look);
    }
  }

  private Instant lastUnwell() {
    return spells.isEmpty() ? Instant.MIN : spells.get(spells.size() - 1).to();
  }

  /** Whether all was well at each look of the last so long, and there was one. */
  synchronized boolean isWellFor(Duration time) {
    Instant since = clock.instant().minus(time);
    return lastUnwell().isBefore(since) && lastWell.isAfter(since);
  }

  /** How long after a moment something was last unwell; zero where nothing was since. */
  synchronized Duration unwellSince(Instant moment) {
    return lastUnwell().isAfter(moment) ? Duration.between(moment, lastUnwell()) : Duration.ZERO;
  }

  /** The times in which something was unwell after a moment, in their order. */
  synchronized List<Spell> spellsSince(Instant moment) {
    return spells.stream().filter(spell -> spell.to().isAfter(moment)).toList();
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
