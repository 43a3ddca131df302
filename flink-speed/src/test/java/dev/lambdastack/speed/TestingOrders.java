package dev.lambdastack.speed;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.schemas.EventEncoder;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends orders and keeps what they were, by a number in a header. Seeded. */
public final class TestingOrders implements AutoCloseable {
  public static final String HEADER = "test-number";
  private static final Instant DAY = Instant.parse("2026-01-10T00:00:00Z");
  private static final int MARKS = 36;
  private static final List<String> CATEGORIES = List.of("Bread", "Wine", "Dairy");

  public record Order(
      String action, String category, long customer, BigDecimal amount, Instant time) {}

  private final String topic;
  private final Random random;
  private final EventEncoder encoder = new EventEncoder(ReferenceEvents.ORDERS);
  private final List<Order> sent = new ArrayList<>();
  private final KafkaProducer<byte[], byte[]> producer;

  public TestingOrders(String topic, long seed) {
    this.topic = topic;
    this.random = new Random(seed);
    this.producer = producer(Map.of());
  }

  public static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", TestingClusters.kafka().bootstrapServers());
    config.put("acks", "all");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** An order of a random day and minute; late or early, as it comes. */
  public ProducerRecord<byte[], byte[]> next(int partition) {
    Order order =
        new Order(
            random.nextInt(5) == 0 ? "return" : "purchase",
            CATEGORIES.get(random.nextInt(CATEGORIES.size())),
            random.nextInt(20),
            BigDecimal.valueOf(random.nextInt(100_000), 2),
            DAY.plus(Duration.ofSeconds(random.nextInt(2 * 24 * 3600) / 7200 * 7200L)));
    sent.add(order);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, null, value(order));
    record.headers().add(HEADER, ByteBuffer.allocate(4).putInt(sent.size() - 1).array());
    return record;
  }

  /**
   * An order whose amount is a power of two, none twice in a row of {@code action_metrics}: the sum
   * tells which orders are in it.
   */
  public ProducerRecord<byte[], byte[]> nextMarked(int partition) {
    int number = sent.size();
    Order order =
        new Order(
            "purchase",
            "Bread",
            1,
            BigDecimal.valueOf(1L << number % MARKS, 2),
            DAY.plus(Duration.ofMinutes(number / MARKS)));
    sent.add(order);
    return new ProducerRecord<>(topic, partition, null, value(order));
  }

  public Order last() {
    return sent.get(sent.size() - 1);
  }

  private byte[] value(Order order) {
    var schema = ReferenceEvents.ORDERS.schema();
    GenericRecord record = new GenericData.Record(schema);
    record.put("order_id", (long) sent.size());
    record.put("customer_id", order.customer());
    record.put("product_id", 1L);
    record.put("product_category", order.category());
    record.put("store_id", 1L);
    record.put(
        "action", new GenericData.EnumSymbol(schema.getField("action").schema(), order.action()));
    record.put("quantity", 1);
    record.put("amount", order.amount());
    record.put("event_time", order.time());
    return encoder.value(record);
  }

  /** Sends to these partitions in turn and waits for the acknowledgements. */
  public void send(int count, int... partitions) throws Exception {
    List<Future<?>> acks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      acks.add(producer.send(next(partitions[i % partitions.length])));
    }
    for (Future<?> ack : acks) {
      ack.get();
    }
  }

  /** Sends a value that is no event. */
  public void sendCorrupt(int partition, byte[] value) throws Exception {
    producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
  }

  public Order order(ConsumerRecord<byte[], byte[]> record) {
    var header = record.headers().lastHeader(HEADER);
    return header == null ? null : sent.get(ByteBuffer.wrap(header.value()).getInt());
  }

  /** All committed records of the topic, each partition in order. */
  public List<ConsumerRecord<byte[], byte[]>> log(int partitions) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            TestingClusters.kafka().bootstrapServers(),
            "isolation.level",
            "read_committed",
            "auto.offset.reset",
            "earliest");
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      for (int p = 0; p < partitions; p++) {
        TopicPartition partition = new TopicPartition(topic, p);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end) {
          consumer.poll(Duration.ofMillis(50)).forEach(records::add);
        }
      }
    }
    return records;
  }

  @Override
  public void close() {
    producer.close();
  }
}
