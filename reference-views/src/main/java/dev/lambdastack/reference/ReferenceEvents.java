package dev.lambdastack.reference;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.views.EventType;
import org.apache.avro.Schema;

/** The events of the reference views, each with the schema version that readers are pinned to. */
public final class ReferenceEvents {
  private static final SchemaStore SCHEMAS =
      SchemaStore.load(ReferenceEvents.class.getClassLoader());

  /** Lines of sales and returns, on topic {@code orders}. */
  public static final EventType ORDERS =
      EventType.of("orders", retail("Order"), "event_time", "customer_id");

  /** Customers, on topic {@code customers}. */
  public static final EventType CUSTOMERS =
      EventType.of("customers", retail("Customer"), "event_time", "customer_id");

  /** Products, on topic {@code products}. */
  public static final EventType PRODUCTS =
      EventType.of("products", retail("Product"), "event_time", "product_id");

  /** Measurements, on topic {@code sensor-readings}. */
  public static final EventType SENSOR_READINGS =
      EventType.of(
          "sensor-readings",
          SCHEMAS.find("dev.lambdastack.events.sensors.SensorReading", 1),
          "event_time",
          "device");

  /** Uses of cards, on topic {@code card-transactions}. */
  public static final EventType CARD_TRANSACTIONS =
      EventType.of(
          "card-transactions",
          SCHEMAS.find("dev.lambdastack.events.payments.CardTransaction", 1),
          "event_time",
          "card");

  /** What ads cost, on topic {@code ad-spend}. */
  public static final EventType AD_SPEND =
      EventType.of(
          "ad-spend",
          SCHEMAS.find("dev.lambdastack.events.ads.AdSpend", 1),
          "event_time",
          "campaign");

  /** What a check of a cluster sends and asks for again, on topic {@code health}. */
  public static final EventType HEALTH_PROBES =
      EventType.of(
          "health",
          SCHEMAS.find("dev.lambdastack.events.health.HealthProbe", 1),
          "event_time",
          "probe");

  private ReferenceEvents() {}

  private static Schema retail(String name) {
    return SCHEMAS.find("dev.lambdastack.events.retail." + name, 1);
  }
}
