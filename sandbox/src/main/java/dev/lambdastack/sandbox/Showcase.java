package dev.lambdastack.sandbox;

import dev.lambdastack.sandbox.foodmart.Product;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Comparator;
import java.util.List;

/**
 * What the quickstart asks about, so that there is an answer however few sales were sent: the sale
 * of vegetables nearest to a day in June 1998, or of another category where no vegetables were
 * sold.
 *
 * @param category of the sale
 * @param brand of the product that was sold
 * @param opening when the first sale of that day was made
 */
record Showcase(String category, String brand, Instant opening) {
  /** How much of a day is shown by the minute. */
  static final Duration MINUTES = Duration.ofMinutes(5);

  private static final String CATEGORY = "Vegetables";
  private static final LocalDate DAY = LocalDate.of(1998, 6, 25);

  /**
   * Of the events that were sent.
   *
   * @param events at least one sale
   */
  static Showcase of(List<ShopEvent> events, List<Product> products) {
    String category = category(events);
    ShopEvent sale =
        events.stream()
            .filter(event -> isSale(event) && event.category().equals(category))
            .min(Comparator.comparingLong(Showcase::daysAway))
            .orElseThrow();

    String brand =
        products.stream()
            .filter(product -> product.id() == sale.productId())
            .map(Product::brand)
            .findFirst()
            .orElseThrow();

    return new Showcase(category, brand, opening(events, day(sale)));
  }

  /** Vegetables, or the category of the first sale where no vegetables were sold. */
  static String category(List<ShopEvent> events) {
    List<String> categories =
        events.stream().filter(Showcase::isSale).map(ShopEvent::category).toList();
    return categories.contains(CATEGORY) ? CATEGORY : categories.get(0);
  }

  private static Instant opening(List<ShopEvent> events, LocalDate day) {
    return events.stream()
        .filter(event -> isSale(event) && day(event).equals(day))
        .map(ShopEvent::time)
        .min(Comparator.naturalOrder())
        .map(time -> time.truncatedTo(ChronoUnit.MINUTES))
        .orElseThrow();
  }

  private static boolean isSale(ShopEvent event) {
    return event.action() == ShopEvent.Action.PURCHASE;
  }

  private static long daysAway(ShopEvent event) {
    return Math.abs(ChronoUnit.DAYS.between(DAY, day(event)));
  }

  private static LocalDate day(ShopEvent event) {
    return LocalDate.ofInstant(event.time(), ZoneOffset.UTC);
  }

  /** The day of the sale. */
  LocalDate day() {
    return LocalDate.ofInstant(opening, ZoneOffset.UTC);
  }

  /** The first day of its week. */
  LocalDate monday() {
    return day().with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
  }
}
