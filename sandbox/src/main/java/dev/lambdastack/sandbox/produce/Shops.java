package dev.lambdastack.sandbox.produce;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Made-up sales of a few shops, by a seed: time goes on a little from event to event, one event in
 * three is late, one in five is a return. Not thread-safe.
 */
public final class Shops {
  private static final List<String> CATEGORIES = List.of("Bread", "Fruit", "Wine", "Soup");
  private static final Instant OPENING = Instant.parse("2024-02-20T08:00:00Z");

  private final Random random;
  private final Duration step;
  private final Duration latest;
  private long nextOrder = 1;
  private Instant now;

  /**
   * @param step by how much time goes on from event to event at most
   * @param latest by how much an event is late at most
   */
  public Shops(long seed, Duration step, Duration latest) {
    this(seed, step, latest, OPENING);
  }

  /**
   * The same from a time on.
   *
   * @param opening the time of the first events that are not late
   */
  public Shops(long seed, Duration step, Duration latest, Instant opening) {
    this.random = new Random(seed);
    this.step = step;
    this.latest = latest;
    this.now = opening;
  }

  /** The next so many. */
  public List<ShopEvent> events(int count) {
    List<ShopEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(next());
    }
    return events;
  }

  /** The next one. */
  public ShopEvent next() {
    now = now.plusSeconds(random.nextInt((int) step.toSeconds()));
    boolean late = random.nextInt(3) == 0;
    return event(late ? now.minusSeconds(random.nextInt((int) latest.toSeconds())) : now);
  }

  private ShopEvent event(Instant time) {
    return new ShopEvent(
        nextOrder++,
        random.nextInt(60),
        random.nextInt(500),
        CATEGORIES.get(random.nextInt(CATEGORIES.size())),
        random.nextInt(4),
        random.nextInt(5) == 0 ? Action.RETURN : Action.PURCHASE,
        1 + random.nextInt(5),
        BigDecimal.valueOf(random.nextInt(20_000), 2),
        time);
  }
}
