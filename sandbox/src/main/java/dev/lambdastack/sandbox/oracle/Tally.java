package dev.lambdastack.sandbox.oracle;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;

/** What was counted of one key in one window. */
final class Tally {
  private long events;
  private BigDecimal amount = new BigDecimal("0.00");
  private final Set<Long> customers = new HashSet<>(4);

  void add(ShopEvent event) {
    events++;
    amount = amount.add(event.amount());
    customers.add(event.customerId());
  }

  long events() {
    return events;
  }

  BigDecimal amount() {
    return amount;
  }

  long customers() {
    return customers.size();
  }
}
