package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.deadletters.Replay;
import dev.lambdastack.batch.deadletters.ReplayResult;
import dev.lambdastack.batch.deadletters.Selection;
import dev.lambdastack.batch.deadletters.Tally;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Orders;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.hadoop.conf.Configuration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Records that are no events, in both layers. */
@ExtendWith(SharedSandbox.class)
final class DeadLettersIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Instant FAR = Instant.parse("2399-01-01T00:00:00Z");

  private static KafkaProducer<byte[], byte[]> producer(Scenario scenario) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", scenario.bootstrapServers(), "acks", "all"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** A value that may be an event or not: nobody but the layers says which. */
  private static byte[] noise(Random random, byte[] event, EventEncoder encoder, ShopEvent other) {
    byte[] value = event.clone();
    switch (random.nextInt(9)) {
      case 0 -> {
        return value;
      }
      case 1 -> {
        for (int flips = random.nextInt(3); flips >= 0; flips--) {
          value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return value;
      }
      case 2 -> {
        return Arrays.copyOf(value, random.nextInt(value.length));
      }
      case 3 -> {
        return Arrays.copyOf(value, value.length + 1 + random.nextInt(3));
      }
      case 4 -> {
        random.nextBytes(value);
        return value;
      }
      case 5 -> {
        value[2 + random.nextInt(8)]++;
        return value;
      }
      case 6 -> {
        return null;
      }
      case 7 -> {
        return encoder.value(
            Orders.of(
                at(other, random.nextBoolean() ? FAR : Instant.parse("1970-01-02T00:00:00Z"))));
      }
      default -> {
        byte[] body = new byte[value.length - 10];
        random.nextBytes(body);
        System.arraycopy(body, 0, value, 10, body.length);
        return value;
      }
    }
  }

  private static ShopEvent at(ShopEvent event, Instant time) {
    return new ShopEvent(
        event.orderId(),
        event.customerId(),
        event.productId(),
        event.category(),
        event.storeId(),
        event.action(),
        event.quantity(),
        event.amount(),
        time);
  }

  private static Layers withoutLimit(Scenario scenario) {
    Configuration conf = new Configuration(scenario.layers().config().hadoop());
    conf.set("lambda.dead-letters.max-share", "1");
    return new Layers(LambdaConfig.of(conf), scenario.type().topic(), ViewsLoader.FROM_CLASS_PATH);
  }

  @Test
  void bothLayersSetAsideTheSameRecords() throws Exception {
    long seed = 51;
    Random random = new Random(seed);
    int count = 900;
    try (Scenario scenario = Scenario.open("verdicts", seed);
        RunningSpeedJob speed = scenario.layers().startSpeed();
        KafkaProducer<byte[], byte[]> producer = producer(scenario)) {
      EventEncoder encoder = new EventEncoder(scenario.type());
      List<ShopEvent> events = scenario.shops().events(count);
      for (ShopEvent event : events) {
        byte[] value = noise(random, encoder.value(Orders.of(event)), encoder, event);
        producer.send(
            new ProducerRecord<>(scenario.type().topic(), random.nextInt(3), null, value));
      }
      producer.flush();
      scenario.layers().awaitEpochAfter(Instant.now());
      ArchiveResult archived = withoutLimit(scenario).archive();
      assertThat(archived.events() + archived.deadLetters()).isEqualTo(count);
      Map<String, String> byArchive = new TreeMap<>();
      Tally.open(scenario.layers().config(), scenario.type().topic())
          .letters(Selection.ALL, Integer.MAX_VALUE)
          .forEach(
              seen ->
                  byArchive.put(
                      seen.letter().partition() + ":" + seen.letter().offset(),
                      seen.letter().reason() + " " + seen.letter().detail()));
      try (TopicLog log =
          TopicLog.open(
              new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
        speed.awaitApplied(log.endOffsets(), LIMIT);
      }
      Map<String, String> bySpeed = speedsLetters(scenario, byArchive.size());
      Map<String, Long> reasons =
          byArchive.values().stream()
              .collect(
                  Collectors.groupingBy(
                      v -> v.substring(0, v.indexOf(' ')), TreeMap::new, Collectors.counting()));
      System.out.printf(
          "verdicts: %d of %d records are no events, in both layers: %s (seed %d)%n",
          byArchive.size(), count, reasons, seed);
      Map<String, String> onlyOne = new TreeMap<>(byArchive);
      bySpeed.forEach((place, why) -> onlyOne.merge(place, why, (a, b) -> a.equals(b) ? null : a));
      assertThat(onlyOne).as("what only one layer sets aside; seed %d", seed).isEmpty();
      assertThat(reasons.keySet())
          .contains(
              Rejection.Reason.NULL_VALUE.name(),
              Rejection.Reason.NOT_SINGLE_OBJECT.name(),
              Rejection.Reason.UNKNOWN_SCHEMA.name(),
              Rejection.Reason.CORRUPT.name(),
              Rejection.Reason.EVENT_TIME_AHEAD.name(),
              Rejection.Reason.EVENT_TIME_TOO_EARLY.name());
      // The rest counts in both.
      assertThat(
              scenario
                  .client()
                  .queryAll(scenario.view("action_metrics"), Instant.MIN, Instant.MAX)
                  .events())
          .isEqualTo(archived.events());
    }
  }

  /** What the speed job has sent to its topic of dead letters, once there are so many. */
  private static Map<String, String> speedsLetters(Scenario scenario, int count) {
    Map<String, String> letters = new TreeMap<>();
    TopicPartition partition = new TopicPartition(scenario.type().topic() + ".dead-letters", 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            LogClients.consumer(new KafkaSettings(scenario.bootstrapServers(), LIMIT)))) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (letters.size() < count && System.nanoTime() - deadline < 0) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
          letters.put(
              header(record, "lambda-partition") + ":" + header(record, "lambda-offset"),
              header(record, "lambda-reason") + " " + header(record, "lambda-detail"));
        }
      }
    }
    return letters;
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  /** The order with a field more, which no schema on the class path has. */
  private static Schema next(Schema order) {
    List<Schema.Field> fields = new ArrayList<>();
    order.getFields().forEach(f -> fields.add(new Schema.Field(f, f.schema())));
    fields.add(new Schema.Field("gift", SchemaBuilder.builder().booleanType(), "wrapped", false));
    return Schema.createRecord(
        order.getName(), order.getDoc(), order.getNamespace(), false, fields);
  }

  private static byte[] encode(ShopEvent event, EventEncoder encoder, Scenario scenario)
      throws IOException {
    Schema schema = next(scenario.type().schema());
    GenericRecord old =
        new BinaryMessageDecoder<GenericRecord>(GenericData.get(), scenario.type().schema())
            .decode(encoder.value(Orders.of(event)));
    GenericRecord anew = new GenericData.Record(schema);
    old.getSchema().getFields().forEach(f -> anew.put(f.name(), old.get(f.name())));
    anew.put("gift", true);
    var encoded = new BinaryMessageEncoder<GenericRecord>(GenericData.get(), schema).encode(anew);
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }

  private static SchemaStore withNext(Scenario scenario) {
    List<SchemaVersion> versions =
        new ArrayList<>(SchemaStore.load(DeadLettersIT.class.getClassLoader()).all());
    versions.add(new SchemaVersion(next(scenario.type().schema()), 99, "order.v99"));
    return SchemaStore.of(versions);
  }

  /** A producer was ahead of the roll-out of its schema; then the schema comes everywhere. */
  @Test
  void whatIsReplayedCountsOnceInBothLayers() throws Exception {
    try (Scenario scenario = Scenario.open("replayed", 52);
        KafkaProducer<byte[], byte[]> producer = producer(scenario)) {
      String topic = scenario.type().topic();
      EventEncoder encoder = new EventEncoder(scenario.type());
      List<ShopEvent> ahead = scenario.shops().events(40);
      try (RunningSpeedJob speed = scenario.layers().startSpeed()) {
        scenario.produce(200);
        for (ShopEvent event : ahead) {
          producer.send(new ProducerRecord<>(topic, encode(event, encoder, scenario)));
        }
        for (ShopEvent event : scenario.shops().events(5)) {
          byte[] whole = encoder.value(Orders.of(event));
          producer.send(new ProducerRecord<>(topic, Arrays.copyOf(whole, whole.length - 2)));
          producer.send(new ProducerRecord<>(topic, encoder.value(Orders.of(at(event, FAR)))));
        }
        producer.flush();
        scenario.produceOver(1, 200);
        assertThat(scenario.batch().archived().deadLetters()).isEqualTo(50);
        scenario.awaitFresh();
        scenario.check("before the schema is known");
        speed.awaitCheckpoint(LIMIT);
      }
      SchemaStore schemas = withNext(scenario);
      try (RunningSpeedJob speed =
          scenario.layers().startSpeed(SpeedOptions.defaults().withSchemas(schemas))) {
        assertThat(speed.resumedFrom()).isPresent();
        ReplayResult replayed = replay(scenario, schemas);
        assertThat(replayed.replayed()).isEqualTo(40);
        assertThat(replayed.left()).isEqualTo(Map.of("CORRUPT", 5L, "EVENT_TIME_AHEAD", 5L));
        for (ShopEvent event : ahead) {
          scenario.oracle().count(event);
        }
        assertThat(replay(scenario, schemas).replayed()).isZero();
        awaitAll(scenario, speed);
        scenario.check("after the replay, by the speed layer");

        scenario.layers().awaitEpochAfter(Instant.now());
        batch(scenario, schemas);
        awaitAll(scenario, speed);
        scenario.check("after the replay, by the batch layer");
        assertThat(replay(scenario, schemas).before()).isEqualTo(40);
      }
    }
  }

  private static ReplayResult replay(Scenario scenario, SchemaStore schemas) throws IOException {
    return new Replay(
            scenario.layers().config(), scenario.layers().views(), schemas, Clock.systemUTC())
        .run(scenario.type().topic(), Selection.ALL);
  }

  /** What {@link Scenario#batch} does, with other schemas than those on the class path. */
  private static void batch(Scenario scenario, SchemaStore schemas) throws Exception {
    var config = scenario.layers().config();
    var views = scenario.layers().views();
    ArchiveResult archived =
        new Archive(config, views, schemas, Clock.systemUTC()).run(scenario.type().topic());
    assertThat(archived.events()).isEqualTo(40);
    assertThat(archived.deadLetters()).isZero();
    TreeSet<String> published = new TreeSet<>();
    for (View view : views.ofTopic(scenario.type().topic())) {
      new Recompute(config, views, schemas, Clock.systemUTC()).run(view.name());
      scenario.layers().publish(view.name());
      published.add(view.name());
    }
    assertThat(published).hasSize(2);
  }

  private static void awaitAll(Scenario scenario, RunningSpeedJob job) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
      log.tick(log.partitions());
      job.awaitApplied(log.endOffsets(), LIMIT);
    }
  }
}
