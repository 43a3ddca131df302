package dev.lambdastack.sandbox.endtoend;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Made-up sales of a few shops, by a seed that is printed: time goes on by some minutes from event
 * to event, one event in three is late by up to nine days, one in five is a return.
 */
final class Shops {
  private static final List<String> CATEGORIES = List.of("Bread", "Fruit", "Wine", "Soup");
  private static final Instant OPENING = Instant.parse("2024-02-20T08:00:00Z");

  private final Random random;
  private long nextOrder = 1;
  private Instant now = OPENING;

  Shops(String scenario, long seed) {
    System.out.println(scenario + ": seed " + seed);
    this.random = new Random(seed);
  }

  List<ShopEvent> events(int count) {
    List<ShopEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      now = now.plusSeconds(random.nextInt(600));
      boolean late = random.nextInt(3) == 0;
      events.add(event(late ? now.minus(Duration.ofHours(random.nextInt(9 * 24))) : now));
    }
    return events;
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
