package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.events.retail.Action;
import dev.lambdastack.events.retail.Order;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.Test;

class EventEncoderTest {
  private static final Schema SCHEMA =
      SchemaStore.load(EventEncoderTest.class.getClassLoader())
          .find("dev.lambdastack.events.retail.Order", 1);

  private static EventEncoder keyedBy(String column) {
    return new EventEncoder(EventType.of("orders", SCHEMA, "event_time", column));
  }

  private static Order order() {
    return Order.newBuilder()
        .setOrderId(1)
        .setCustomerId(42)
        .setProductId(7)
        .setProductCategory("Bread")
        .setStoreId(3)
        .setAction(Action.return$)
        .setQuantity(2)
        .setAmount(new BigDecimal("100.50"))
        .setEventTime(Instant.ofEpochMilli(1000))
        .build();
  }

  private static GenericRecord generic() {
    return generic(SCHEMA);
  }

  private static GenericRecord generic(Schema schema) {
    GenericRecord order = new GenericData.Record(schema);
    order.put("order_id", 1L);
    order.put("customer_id", 42L);
    order.put("product_id", 7L);
    order.put("product_category", "Bread");
    order.put("store_id", 3L);
    order.put("action", new GenericData.EnumSymbol(schema.getField("action").schema(), "return"));
    order.put("quantity", 2);
    order.put("amount", new BigDecimal("100.50"));
    order.put("event_time", Instant.ofEpochMilli(1000));
    return order;
  }

  @Test
  void anOrderHasTheseBytes() {
    assertThat(HexFormat.of().formatHex(keyedBy("customer_id").value(order())))
        .isEqualTo(
            "c301" // single-object encoding
                + "61770cfd7a891d6f" // fingerprint of Order v1
                + "02" // order_id
                + "54" // customer_id
                + "0e" // product_id
                + "0a4272656164" // product_category
                + "06" // store_id
                + "02" // action
                + "04" // quantity
                + "042742" // amount
                + "d00f");
  }

  @Test
  void generatedAndGenericRecordsGiveTheSameBytesInAnyOrderOfUse() {
    EventEncoder encoder = keyedBy("customer_id");
    byte[] first = encoder.value(generic(Order.getClassSchema()));
    assertThat(encoder.value(order())).isEqualTo(first);
    assertThat(encoder.value(generic(Order.getClassSchema()))).isEqualTo(first);
    assertThat(encoder.value(generic(SCHEMA))).isEqualTo(first);
  }

  @Test
  void theKeyIsThePartitionKeyAsText() {
    for (Object event : new Object[] {order(), generic()}) {
      IndexedRecord e = (IndexedRecord) event;
      assertThat(keyedBy("customer_id").key(e)).isEqualTo(utf8("42"));
      assertThat(keyedBy("product_category").key(e)).isEqualTo(utf8("Bread"));
      assertThat(keyedBy("action").key(e)).isEqualTo(utf8("return"));
      assertThat(keyedBy("amount").key(e)).isEqualTo(utf8("100.50"));
      assertThat(keyedBy("event_time").key(e)).isEqualTo(utf8("1000"));
    }
  }

  @Test
  void anEventWithoutPartitionKeyHasNoKafkaKey() {
    GenericRecord order = generic();
    order.put("product_category", null);
    assertThat(keyedBy("product_category").key(order)).isNull();
  }

  @Test
  void aDecimalThatDoesNotFitIsRefused() {
    GenericRecord order = generic();
    order.put("amount", new BigDecimal("0.001"));
    assertThatThrownBy(() -> keyedBy("customer_id").value(order))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Cannot encode");
  }

  @Test
  void halfOfACharacterIsRefusedByItsField() {
    GenericRecord order = generic();
    order.put("product_category", "lone\ud800x");

    assertThatThrownBy(() -> keyedBy("customer_id").value(order))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "field 'product_category' has half of a character (\\ud800 alone at character 5)");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
