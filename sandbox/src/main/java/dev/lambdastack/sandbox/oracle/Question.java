package dev.lambdastack.sandbox.oracle;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The views that the oracle knows, as their description in words says them. */
enum Question {
  /** Per action and minute: events, their amount, different customers. */
  ACTION_METRICS("action_metrics", Duration.ofMinutes(1)) {
    @Override
    Optional<String> key(ShopEvent event, Map<Long, String> brands) {
      return Optional.of(event.action().symbol());
    }

    @Override
    Map<String, Object> values(Tally tally) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("event_count", tally.events());
      values.put("total_amount", tally.amount());
      values.put("unique_users", tally.customers());
      return values;
    }
  },

  /** Per product category and day, of purchases alone: orders, revenue, average, customers. */
  DAILY_SALES("daily_sales", Duration.ofDays(1)) {
    @Override
    Optional<String> key(ShopEvent event, Map<Long, String> brands) {
      return event.action() == Action.PURCHASE ? Optional.of(event.category()) : Optional.empty();
    }

    @Override
    Map<String, Object> values(Tally tally) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("order_count", tally.events());
      values.put("total_revenue", tally.amount());
      values.put(
          "avg_order_value",
          tally.amount().divide(BigDecimal.valueOf(tally.events()), 2, RoundingMode.HALF_UP));
      values.put("unique_customers", tally.customers());
      return values;
    }
  },

  /** Per brand and four weeks, of purchases alone: orders, revenue, customers. */
  SALES_BY_BRAND("sales_by_brand", Duration.ofDays(28)) {
    @Override
    Optional<String> key(ShopEvent event, Map<Long, String> brands) {
      return event.action() == Action.PURCHASE
          ? Optional.ofNullable(brands.get(event.productId()))
          : Optional.empty();
    }

    @Override
    Map<String, Object> values(Tally tally) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("order_count", tally.events());
      values.put("total_revenue", tally.amount());
      values.put("unique_customers", tally.customers());
      return values;
    }
  };

  private final String view;
  private final Duration window;

  Question(String view, Duration window) {
    this.view = view;
    this.window = window;
  }

  String view() {
    return view;
  }

  /** The start of the window that holds this time. */
  Instant windowStart(Instant time) {
    long length = window.toMillis();
    return Instant.ofEpochMilli(Math.floorDiv(time.toEpochMilli(), length) * length);
  }

  Instant windowEnd(Instant start) {
    return start.plus(window);
  }

  /**
   * The key that an event counts for; none where the view leaves it out.
   *
   * @param brands of the products, by id
   */
  abstract Optional<String> key(ShopEvent event, Map<Long, String> brands);

  abstract Map<String, Object> values(Tally tally);

  /** Those of the values that no further event makes less; amounts are not negative. */
  Map<String, Object> growing(Tally tally) {
    Map<String, Object> values = new LinkedHashMap<>(values(tally));
    values.remove("avg_order_value");
    return values;
  }
}
