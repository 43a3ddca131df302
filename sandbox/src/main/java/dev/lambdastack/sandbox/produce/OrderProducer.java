package dev.lambdastack.sandbox.produce;

import dev.lambdastack.events.retail.Order;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends what happens in the shops to a topic and enters what Kafka has acknowledged into a ledger.
 * Not thread-safe.
 */
public final class OrderProducer implements AutoCloseable {
  /**
   * Longer than brokers are away in any drill: as long an event waits for them, and the sender for
   * room among those that wait.
   */
  private static final int PATIENCE_MS = 1_800_000;

  private final KafkaProducer<byte[], byte[]> producer;
  private final EventEncoder encoder;
  private final String topic;
  private final Ledger ledger;
  private long sent;
  private volatile Exception failure;

  /**
   * A producer.
   *
   * @param type the orders, on whichever topic
   */
  public OrderProducer(String bootstrapServers, EventType type, Ledger ledger) {
    this.ledger = ledger;
    this.encoder = new EventEncoder(type);
    this.topic = type.topic();
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                PATIENCE_MS,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                PATIENCE_MS,
                ProducerConfig.LINGER_MS_CONFIG,
                5,
                ProducerConfig.BATCH_SIZE_CONFIG,
                65_536),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /**
   * Sends an event to the partition of its customer; returns before it is acknowledged, but holds
   * the caller up while as much as the client's buffer takes waits for Kafka.
   */
  public void send(ShopEvent event) throws IOException {
    send(event, OptionalInt.empty());
  }

  /** Sends an event to a partition. */
  public void send(ShopEvent event, int partition) throws IOException {
    send(event, OptionalInt.of(partition));
  }

  private void send(ShopEvent event, OptionalInt partition) throws IOException {
    throwFailure();

    long place = sent++;
    Order order = Orders.of(event);

    producer.send(
        new ProducerRecord<>(
            topic,
            partition.isPresent() ? partition.getAsInt() : null,
            encoder.key(order),
            encoder.value(order)),
        (metadata, e) -> {
          if (e == null) {
            ledger.acknowledged(
                new Ledger.Entry(
                    place,
                    event,
                    metadata.partition(),
                    metadata.offset(),
                    Instant.ofEpochMilli(metadata.timestamp())));
          } else {
            failure = e;
          }
        });
  }

  /** Returns when every event that was sent is acknowledged and entered. */
  public void flush() throws IOException {
    producer.flush();
    throwFailure();
  }

  private void throwFailure() throws IOException {
    if (failure != null) {
      throw new IOException("Kafka did not take an event: " + failure.getMessage(), failure);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
