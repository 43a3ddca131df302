package dev.lambdastack.sandbox;

import dev.lambdastack.dimension.DimensionLoad;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.sandbox.foodmart.Product;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The dimension that {@code sales_by_brand} looks brands up in. */
final class Products {
  private static final Instant SINCE = Instant.parse("1997-01-01T00:00:00Z");

  private Products() {}

  /** Sends each product to the dimension's topic. */
  static void send(LambdaConfig config, List<Product> products)
      throws IOException, InterruptedException {
    EventEncoder encoder = new EventEncoder(ReferenceEvents.PRODUCTS);
    GenericData.Record event = new GenericData.Record(ReferenceEvents.PRODUCTS.schema());
    List<Future<?>> sent = new ArrayList<>();

    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(LogClients.producer(config.kafka().within(Duration.ofMinutes(1))))) {
      for (Product product : products) {
        event.put("product_id", product.id());
        event.put("product_name", product.name());
        event.put("brand_name", product.brand());
        event.put("product_category", product.category());
        event.put("event_time", SINCE);

        sent.add(
            producer.send(
                new ProducerRecord<>(
                    ReferenceEvents.PRODUCTS.topic(), encoder.key(event), encoder.value(event))));
      }
      producer.flush();
    }

    for (Future<?> future : sent) {
      try {
        future.get();
      } catch (ExecutionException e) {
        throw new IOException("Kafka did not take a product: " + e.getCause().getMessage(), e);
      }
    }
  }

  /** {@code lambda dimension products --once}: how many records it applied. */
  static long load(LambdaConfig config) throws IOException {
    try (DimensionLoad load =
        DimensionLoad.open(
            ReferenceEvents.PRODUCTS,
            SchemaStore.load(Thread.currentThread().getContextClassLoader()),
            config,
            Clock.systemUTC())) {
      load.catchUp();
      return load.changes();
    }
  }
}
