package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.dimension.DimensionLoad;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A view joined to a dimension, by the real jobs of both layers, beside a plain recomputation. */
@ExtendWith(SharedSandbox.class)
final class JoinedViewIT {
  private static final String VIEW = ScenarioViews.JOINED + "_by_brand";

  private final EventEncoder encoder = new EventEncoder(ScenarioViews.joinedProducts());
  private final Map<Long, String> brands = new HashMap<>();
  private KafkaProducer<byte[], byte[]> products;

  private void sendProduct(long id, String brand) throws Exception {
    GenericRecord product = new GenericData.Record(ScenarioViews.joinedProducts().schema());
    product.put("product_id", id);
    product.put("product_name", "product " + id);
    product.put("brand_name", brand);
    product.put("product_category", "Wine");
    product.put("event_time", Instant.parse("2024-01-01T00:00:00Z"));
    send(encoder.key(product), encoder.value(product));
    brands.put(id, brand);
  }

  private void removeProduct(long id) throws Exception {
    send(Long.toString(id).getBytes(StandardCharsets.UTF_8), null);
    brands.remove(id);
  }

  private void send(byte[] key, byte[] value) throws Exception {
    products.send(new ProducerRecord<>(ScenarioViews.joinedProducts().topic(), key, value)).get();
  }

  /** What a brand sold on a day. */
  private record Sold(long orders, BigDecimal revenue, long customers) {}

  private record Cell(String brand, Instant day) {}

  /** From all events that Kafka has, by the brands of now. */
  private Map<Cell, Sold> truth(Ledger ledger) {
    Map<Cell, Set<Long>> customers = new HashMap<>();
    Map<Cell, BigDecimal> revenue = new HashMap<>();
    Map<Cell, Long> orders = new HashMap<>();
    for (Ledger.Entry entry : ledger.entries()) {
      ShopEvent event = entry.event();
      if (event.action() == Action.PURCHASE) {
        Cell cell =
            new Cell(
                brands.getOrDefault(event.productId(), "unknown"),
                event.time().truncatedTo(ChronoUnit.DAYS));
        customers.computeIfAbsent(cell, c -> new HashSet<>()).add(event.customerId());
        revenue.merge(cell, event.amount(), BigDecimal::add);
        orders.merge(cell, 1L, Long::sum);
      }
    }
    Map<Cell, Sold> truth = new HashMap<>();
    orders.forEach(
        (cell, n) -> truth.put(cell, new Sold(n, revenue.get(cell), customers.get(cell).size())));
    return truth;
  }

  private void check(Scenario joined, String when) throws IOException {
    Map<Cell, Sold> truth = truth(joined.ledger());
    Answer answer = joined.client().queryAll(VIEW, Instant.MIN, Instant.MAX);
    Map<Cell, Sold> answered = new HashMap<>();
    for (MergedRow row : answer.rows()) {
      Sold sold =
          new Sold(
              (Long) row.value("orders"),
              (BigDecimal) row.value("revenue"),
              (Long) row.value("customers"));
      assertThat(answered.put(new Cell((String) row.key().get(0), row.start()), sold)).isNull();
    }
    assertThat(answered).as(when).isEqualTo(truth);
    long unknown =
        truth.entrySet().stream()
            .filter(e -> e.getKey().brand().equals("unknown"))
            .mapToLong(e -> e.getValue().orders())
            .sum();
    assertThat(answer.joined().orElseThrow().unknownEvents()).as(when).isEqualTo(unknown);
    for (String brand : List.of("brand 1", "brand 2", "unknown", "none")) {
      long orders = joined.client().query(VIEW, List.of(brand), Instant.MIN, Instant.MAX).events();
      assertThat(orders)
          .as("%s, %s", when, brand)
          .isEqualTo(
              truth.entrySet().stream()
                  .filter(e -> e.getKey().brand().equals(brand))
                  .mapToLong(e -> e.getValue().orders())
                  .sum());
    }
    System.out.printf(
        "joined, %s: %d windows equal, %.0f %% from speed, %d events unknown%n",
        when, truth.size(), 100 * answer.speedShare(), unknown);
  }

  @Test
  void everyEventIsUnderOneBrandWhileTheDimensionChangesAndTheSpeedJobIsRestored()
      throws Exception {
    try (Scenario joined = Scenario.open(ScenarioViews.JOINED, 11)) {
      String topic = ScenarioViews.joinedProducts().topic();
      joined
          .sandbox()
          .clusters()
          .kafka()
          .createTopic(topic, 2, Map.of("cleanup.policy", "compact"));
      products =
          new KafkaProducer<>(
              new TreeMap<>(
                  LogClients.producer(
                      new KafkaSettings(joined.bootstrapServers(), Duration.ofMinutes(1)))));
      try (DimensionLoad load =
          DimensionLoad.open(
              ScenarioViews.joinedProducts(),
              SchemaStore.load(getClass().getClassLoader()),
              joined.layers().config(),
              Clock.systemUTC())) {
        for (long id = 0; id < 400; id++) {
          sendProduct(id, "brand " + id % 7);
        }
        load.catchUp();
        joined.produceOver(2, 250);
        joined.batch();
        try (RunningSpeedJob speed = joined.layers().startSpeed()) {
          joined.produceOver(1, 250);
          joined.awaitFresh();
          check(joined, "batch and speed, products from 400 on missing");
          for (long id = 300; id < 450; id++) {
            sendProduct(id, "brand " + id % 5);
          }
          removeProduct(8);
          removeProduct(9);
          load.catchUp();
          check(joined, "the dimension changed on both sides of the horizon");
          speed.awaitCheckpoint(Duration.ofMinutes(2));
          joined.produce(200);
        }
        // What came after the checkpoint is read again, under the changed dimension.
        try (RunningSpeedJob again = joined.layers().startSpeed()) {
          assertThat(again.resumedFrom()).isPresent();
          for (long id = 0; id < 100; id++) {
            sendProduct(id, "brand 2");
          }
          load.catchUp();
          joined.produceOver(1, 100);
          joined.awaitFresh();
          check(joined, "after a replay and another change");
          joined.batch();
          joined.produce(100);
          joined.awaitFresh();
          check(joined, "behind the second horizon");
        }
      } finally {
        products.close();
      }
    }
  }
}
