package dev.lambdastack.sandbox.foodmart;

import java.math.BigDecimal;
import java.time.Instant;

/**
 * One line of a sale, or its return: what happened in a shop, before any encoding.
 *
 * @param orderId the number of the sale's row, counted from 1 over all years in file order; a
 *     return has that of its sale
 * @param amount not negative, scale 2
 * @param time whole milliseconds
 */
public record ShopEvent(
    long orderId,
    long customerId,
    long productId,
    String category,
    long storeId,
    Action action,
    int quantity,
    BigDecimal amount,
    Instant time) {

  /** What happened. */
  public enum Action {
    PURCHASE("purchase"),
    RETURN("return");

    private final String symbol;

    Action(String symbol) {
      this.symbol = symbol;
    }

    /** The word that events carry. */
    public String symbol() {
      return symbol;
    }
  }
}
