package dev.lambdastack.dimension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.EmbeddedClusters;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A dimension's topic into HBase, on real servers, beside a plain map of what was sent last. */
class DimensionIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact");
  private static final SchemaStore SCHEMAS = SchemaStore.load(DimensionIT.class.getClassLoader());

  private static EmbeddedClusters clusters;
  private static LambdaConfig config;
  private static Connection hbase;
  private static KafkaProducer<byte[], byte[]> producer;
  private static int names;

  private final EventType products =
      EventType.of(
          "products-" + ++names, ReferenceEvents.PRODUCTS.schema(), "event_time", "product_id");
  private final EventEncoder encoder = new EventEncoder(products);
  private final DimensionStore store = new DimensionStore(hbase);

  /** Brand by id, as the newest record says; no entry where there is none. */
  private final Map<String, String> brands = new HashMap<>();

  @BeforeAll
  static void connect() throws IOException {
    clusters = EmbeddedClusters.start();
    Configuration conf = clusters.configuration();
    conf.set("lambda.kafka.bootstrap-servers", clusters.kafka().bootstrapServers());
    config = LambdaConfig.of(conf);
    hbase = HBaseConnector.connect(config);
    producer = producer(Map.of());
  }

  @AfterAll
  static void disconnect() throws IOException {
    producer.close();
    hbase.close();
    clusters.close();
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("bootstrap.servers", clusters.kafka().bootstrapServers());
    settings.put("acks", "all");

    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void createTopic(Map<String, String> configs) throws IOException {
    clusters.kafka().createTopic(products.topic(), 3, configs);
  }

  private DimensionLoad load() throws IOException {
    return DimensionLoad.open(products, SCHEMAS, config, Clock.systemUTC());
  }

  private GenericRecord product(long id, String brand) {
    GenericRecord product = new GenericData.Record(products.schema());
    product.put("product_id", id);
    product.put("product_name", "product " + id);
    product.put("brand_name", brand);
    product.put("product_category", "Wine");
    // From when on the product is so: any time is good for a dimension.
    product.put("event_time", Instant.parse("2150-01-01T00:00:00Z"));
    return product;
  }

  private void send(byte[] key, byte[] value) throws Exception {
    producer.send(new ProducerRecord<>(products.topic(), key, value)).get();
  }

  private void send(long id, String brand) throws Exception {
    GenericRecord product = product(id, brand);
    send(encoder.key(product), encoder.value(product));
    brands.put(Long.toString(id), brand);
  }

  private void sendTombstone(long id) throws Exception {
    send(Long.toString(id).getBytes(StandardCharsets.UTF_8), null);
    brands.remove(Long.toString(id));
  }

  private void sendAtRandom(Random random, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      long id = random.nextInt(50);
      switch (random.nextInt(8)) {
        case 0 -> sendTombstone(id);
        // None of these changes what the dimension says of an id.
        case 1 -> send(Long.toString(id).getBytes(StandardCharsets.UTF_8), new byte[] {1, 2, 3});
        case 2 ->
            send(("0" + id).getBytes(StandardCharsets.UTF_8), encoder.value(product(id, "bad")));
        default -> send(id, "brand " + random.nextInt(1000));
      }
    }
  }

  private Map<String, String> answered() throws IOException {
    Map<String, String> names = new HashMap<>();
    store
        .attributes(store.find(products.topic()).orElseThrow().table(), List.of("brand_name"), 1000)
        .get("brand_name")
        .forEach((id, name) -> name.ifPresent(n -> names.put(id, n)));
    return names;
  }

  private void awaitTruth(CompletableFuture<?> following) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!answered().equals(brands)) {
      assertThat(following).as("the load still runs").isNotDone();
      assertThat(System.nanoTime()).as("%s not in time", brands).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  /** The topic takes records that HBase does not: one of them must not keep the others out. */
  @Test
  void whatIsTooLargeToKeepIsPassedOverAndTheRestAnswers() throws Exception {
    String large = Integer.toString(32 << 20);
    createTopic(Map.of("cleanup.policy", "compact", "max.message.bytes", large));
    send(1, "one");
    try (KafkaProducer<byte[], byte[]> any = producer(Map.of("max.request.size", large))) {
      GenericRecord tooLarge = product(1, "x".repeat(12_000_000));
      any.send(
              new ProducerRecord<>(
                  products.topic(), encoder.key(tooLarge), encoder.value(tooLarge)))
          .get();
      any.send(new ProducerRecord<>(products.topic(), new byte[40_000], null)).get();
    }
    send(2, "two");
    try (DimensionLoad load = load()) {
      load.catchUp();
      assertThat(answered()).isEqualTo(brands);
      assertThat(load.passedOver()).isEqualTo(2);
    }
  }

  private static CompletableFuture<Void> follow(DimensionLoad load) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            load.follow();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void theNewestRecordCountsThroughRestartsTombstonesAndATopicMadeAgain() throws Exception {
    long seed = 7;
    System.out.println("DimensionIT: seed " + seed);
    Random random = new Random(seed);
    createTopic(COMPACTED);
    sendAtRandom(random, 300);
    try (DimensionLoad load = load()) {
      Instant before = Instant.now();
      assertThat(load.catchUp()).isBetween(before.minusMillis(1), Instant.now());
      assertThat(answered()).isEqualTo(brands);
      assertThat(load.passedOver()).isPositive();
      CompletableFuture<Void> following = follow(load);
      for (int i = 0; i < 5; i++) {
        sendAtRandom(random, 20);
        awaitTruth(following);
      }
      load.stop();
      following.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
    // Nobody follows; then a new load reads all from the beginning, beside one that still runs.
    sendAtRandom(random, 50);
    try (DimensionLoad late = load();
        DimensionLoad later = load()) {
      late.catchUp();
      assertThat(answered()).isEqualTo(brands);
      sendAtRandom(random, 50);
      later.catchUp();
      assertThat(answered()).isEqualTo(brands);
      assertThatThrownBy(late::catchUp)
          .isInstanceOf(LostRaceException.class)
          .hasMessageContaining("has taken over");
    }
    try (DimensionLoad orphan = load();
        Admin admin =
            Admin.create(Map.of("bootstrap.servers", clusters.kafka().bootstrapServers()))) {
      admin.deleteTopics(List.of(products.topic())).all().get();
      awaitGone(admin);
      brands.clear();
      createTopic(COMPACTED);
      // Fewer records than there were: their offsets lie before those of the old table.
      send(3, "anew");
      assertThatThrownBy(orphan::catchUp)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("deleted and made again");
    }
    try (DimensionLoad anew = load()) {
      anew.catchUp();
      assertThat(answered()).isEqualTo(Map.of("3", "anew"));
    }
  }

  private void awaitGone(Admin admin) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (admin.listTopics().names().get().contains(products.topic())) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  @Test
  void whatCannotBeADimensionIsRefused() throws Exception {
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("No topic '%s'".formatted(products.topic()));
    createTopic(Map.of());
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected cleanup.policy=compact, found delete");
    assertThat(store.find(products.topic())).as("nothing is written").isEmpty();
  }

  @Test
  void anIdInTwoPartitionsIsRefused() throws Exception {
    createTopic(COMPACTED);
    GenericRecord product = product(5, "any");
    for (int partition = 0; partition < 2; partition++) {
      producer
          .send(
              new ProducerRecord<>(
                  products.topic(), partition, encoder.key(product), encoder.value(product)))
          .get();
    }
    try (DimensionLoad load = load()) {
      assertThatThrownBy(load::catchUp)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("key '5' stands in partitions");
    }
    assertThat(store.find(products.topic())).isEmpty();
  }
}
