package dev.lambdastack.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.events.retail.Action;
import dev.lambdastack.events.retail.Order;
import dev.lambdastack.events.sensors.SensorReading;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.aggregate.Aggregate;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.Test;

class ReferenceViewsTest {
  private static final ClassLoader LOADER = ReferenceViewsTest.class.getClassLoader();
  private static final Views VIEWS = Views.load(LOADER);

  @Test
  void areFoundLikeAUsersViews() {
    assertThat(VIEWS.all().stream().map(View::name))
        .containsExactly(
            "action_metrics", "daily_sales", "device_temperature", "health", "sales_by_brand");
    assertThat(VIEWS.eventType("orders")).isEqualTo(ReferenceEvents.ORDERS);
    assertThat(VIEWS.eventType("sensor-readings")).isEqualTo(ReferenceEvents.SENSOR_READINGS);
    assertThat(ReferenceEvents.CUSTOMERS.topic()).isEqualTo("customers");
    assertThat(VIEWS.dimension("products")).isEqualTo(ReferenceEvents.PRODUCTS);
  }

  /** Each (key, window start) and its metrics, as a reader would see them. */
  private static Map<String, Map<String, Object>> answers(
      String viewName, List<? extends IndexedRecord> events) {
    View view = VIEWS.find(viewName);
    EventEncoder encoder = new EventEncoder(view.eventType());
    EventDecoder decoder =
        new EventDecoder(SchemaStore.load(LOADER), view.eventType(), view.columns(), Instant.EPOCH);
    BoundView bound = view.bind(view.columns());
    Map<String, Aggregate> cells = new TreeMap<>();
    Map<String, byte[]> keys = new TreeMap<>();
    long offset = 0;
    for (IndexedRecord event : events) {
      DecodedEvent decoded =
          (DecodedEvent)
              decoder.decode(
                  encoder.value(event),
                  0,
                  offset++,
                  Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());
      if (bound.accepts(decoded.row())) {
        byte[] key = bound.rowKey();
        String hex = HexFormat.of().formatHex(key);
        keys.put(hex, key);
        bound.addTo(cells.computeIfAbsent(hex, k -> view.shape().emptyAggregate()));
      }
    }
    Map<String, Map<String, Object>> answers = new TreeMap<>();
    cells.forEach(
        (hex, cell) -> {
          byte[] key = keys.get(hex);
          String name =
              RowKey.key(view.shape(), key) + "@" + Instant.ofEpochMilli(RowKey.windowStart(key));
          answers.put(name, cell.values());
        });
    return answers;
  }

  private static Order order(
      long customer, String category, Action action, String amount, String time) {
    return Order.newBuilder()
        .setOrderId(1)
        .setCustomerId(customer)
        .setProductId(1)
        .setProductCategory(category)
        .setStoreId(1)
        .setAction(action)
        .setQuantity(1)
        .setAmount(new BigDecimal(amount))
        .setEventTime(Instant.parse(time))
        .build();
  }

  private static SensorReading reading(String device, String temperature, String time) {
    return SensorReading.newBuilder()
        .setDevice(device)
        .setTemperature(new BigDecimal(temperature))
        .setEventTime(Instant.parse(time))
        .build();
  }

  private static final List<Order> ORDERS =
      List.of(
          order(1, "Bread", Action.purchase, "10.00", "1998-03-01T12:00:00Z"),
          order(2, "Bread", Action.purchase, "0.01", "1998-03-01T12:00:59.999Z"),
          order(1, "Bread", Action.purchase, "5.00", "1998-03-01T12:01:00Z"),
          order(1, "Bread", Action.return$, "3.00", "1998-03-01T12:00:30Z"),
          order(3, "Wine", Action.purchase, "7.50", "1998-03-01T23:59:59.999Z"),
          order(3, "Wine", Action.purchase, "2.50", "1998-03-02T00:00:00Z"));

  @Test
  void actionMetricsCountsByActionAndMinute() {
    assertThat(answers("action_metrics", ORDERS))
        .hasSize(5)
        .containsEntry(
            "[purchase]@1998-03-01T12:00:00Z",
            Map.of(
                "event_count", 2L,
                "total_amount", new BigDecimal("10.01"),
                "unique_users", 2L))
        .containsEntry(
            "[return]@1998-03-01T12:00:00Z",
            Map.of(
                "event_count", 1L,
                "total_amount", new BigDecimal("3.00"),
                "unique_users", 1L));
  }

  @Test
  void dailySalesCountsPurchasesByCategoryAndDay() {
    assertThat(answers("daily_sales", ORDERS))
        .hasSize(3)
        .containsEntry(
            "[Bread]@1998-03-01T00:00:00Z",
            Map.of(
                "order_count",
                3L,
                "total_revenue",
                new BigDecimal("15.01"),
                "avg_order_value",
                new BigDecimal("5.00"),
                "unique_customers",
                2L))
        .containsEntry(
            "[Wine]@1998-03-02T00:00:00Z",
            Map.of(
                "order_count",
                1L,
                "total_revenue",
                new BigDecimal("2.50"),
                "avg_order_value",
                new BigDecimal("2.50"),
                "unique_customers",
                1L));
  }

  @Test
  void averagesAreRoundedHalfUp() {
    List<Order> orders =
        List.of(
            order(1, "Bread", Action.purchase, "0.01", "1998-03-01T12:00:00Z"),
            order(1, "Bread", Action.purchase, "0.02", "1998-03-01T12:00:00Z"));
    assertThat(answers("daily_sales", orders).get("[Bread]@1998-03-01T00:00:00Z"))
        .containsEntry("avg_order_value", new BigDecimal("0.02"));
  }

  @Test
  void deviceTemperatureIsByDeviceAndHour() {
    assertThat(
            answers(
                "device_temperature",
                List.of(
                    reading("roof", "-3.50", "2025-01-01T10:59:00Z"),
                    reading("roof", "4.00", "2025-01-01T10:00:00Z"),
                    reading("roof", "-10.25", "2025-01-01T10:30:00Z"),
                    reading("cellar", "12.00", "2025-01-01T10:30:00Z"))))
        .hasSize(2)
        .containsEntry(
            "[roof]@2025-01-01T10:00:00Z",
            Map.of(
                "avg_temperature", new BigDecimal("-3.25"),
                "min_temperature", new BigDecimal("-10.25"),
                "max_temperature", new BigDecimal("4.00"),
                "latest_temperature", new BigDecimal("-3.50")));
  }
}
