package dev.lambdastack.sandbox.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * What a seed does, and when: every kind of fault once, in an order and at times of its own; they
 * may overlap.
 *
 * @param strikes by their beginning
 * @param batchAt when a batch run begins
 */
public record Schedule(List<Strike> strikes, Duration batchAt) {
  private static final Duration LEAST_GAP = Duration.ofMillis(500);

  /**
   * One fault.
   *
   * @param at when it begins
   * @param lasting how long it goes on at least; longer when it has not bitten by then
   * @param choice which server, or which way
   */
  public record Strike(FaultKind kind, Duration at, Duration lasting, int choice) {}

  public Schedule {
    strikes = List.copyOf(strikes);
  }

  /**
   * The schedule of a seed.
   *
   * @param gap how long after a fault the next one begins, at most
   * @param outage how long a server is away, at most
   * @param refusal how long HBase refuses writes
   */
  public static Schedule of(long seed, Duration gap, Duration outage, Duration refusal) {
    Random random = new Random(seed);
    List<FaultKind> kinds = new ArrayList<>(List.of(FaultKind.values()));
    Collections.shuffle(kinds, random);

    List<Strike> strikes = new ArrayList<>();
    Duration at = Duration.ZERO;
    for (FaultKind kind : kinds) {
      at = at.plus(LEAST_GAP).plus(part(gap, random));
      Duration lasting =
          kind == FaultKind.REFUSE_WRITES ? refusal : LEAST_GAP.plus(part(outage, random));
      strikes.add(new Strike(kind, at, lasting, random.nextInt(1 << 16)));
    }

    strikes.sort(Comparator.comparing(Strike::at));
    return new Schedule(strikes, part(at, random));
  }

  private static Duration part(Duration whole, Random random) {
    return Duration.ofMillis(random.nextInt((int) whole.toMillis() + 1));
  }
}
