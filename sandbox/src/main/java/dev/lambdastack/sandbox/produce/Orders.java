package dev.lambdastack.sandbox.produce;

import dev.lambdastack.events.retail.Action;
import dev.lambdastack.events.retail.Order;
import dev.lambdastack.sandbox.foodmart.ShopEvent;

/** Source rows as the events that producers send. */
public final class Orders {
  private Orders() {}

  /** The event of a source row. */
  public static Order of(ShopEvent event) {
    return Order.newBuilder()
        .setOrderId(event.orderId())
        .setCustomerId(event.customerId())
        .setProductId(event.productId())
        .setProductCategory(event.category())
        .setStoreId(event.storeId())
        .setAction(
            switch (event.action()) {
              case PURCHASE -> Action.purchase;
              case RETURN -> Action.return$;
            })
        .setQuantity(event.quantity())
        .setAmount(event.amount())
        .setEventTime(event.time())
        .build();
  }
}
