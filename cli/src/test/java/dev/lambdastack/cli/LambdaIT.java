package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.cli.LambdaProcess.Ended;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.Tick;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.Views;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built command beside a broker. */
class LambdaIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int PARTITIONS = 3;
  private static EmbeddedKafka kafka;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException {
    kafka = EmbeddedKafka.builder().start();
    kafka.createTopic("orders", PARTITIONS);
    kafka.createTopic("sensor-readings", 1, Map.of("message.timestamp.type", "CreateTime"));
  }

  @AfterAll
  static void stop() throws IOException {
    kafka.close();
  }

  private Ended lambda(String... args) throws Exception {
    return lambdaReading("", args);
  }

  private Ended lambdaReading(String input, String... args) throws Exception {
    return process().runReading(input, args);
  }

  private LambdaProcess process() throws IOException {
    return new LambdaProcess(folder, folder.resolve("conf"));
  }

  private static String broker() {
    return "-Dlambda.kafka.bootstrap-servers=" + kafka.bootstrapServers();
  }

  private static String order(int id, String amount) {
    return String.format(
        Locale.ROOT,
        """
        {"order_id": %d, "customer_id": %d, "product_id": 3, "product_category": "Łódź", "store_id": 4, \
        "action": "purchase", "quantity": 5, "amount": %s, "event_time": "2026-01-31T12:00:00Z"}""",
        id,
        id % 7,
        amount);
  }

  private static List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            LogClients.consumer(new KafkaSettings(kafka.bootstrapServers(), LIMIT)))) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        assertThat(System.nanoTime()).as("reading %s ends", topic).isLessThan(deadline);
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
      return records;
    }
  }

  private static Map<Long, ConsumerRecord<byte[], byte[]>> ordersById() {
    EventDecoder decoder =
        new EventDecoder(
            SchemaStore.load(LambdaIT.class.getClassLoader()),
            Views.load(LambdaIT.class.getClassLoader()).eventType("orders"),
            List.of("order_id"),
            Instant.EPOCH);
    Map<Long, ConsumerRecord<byte[], byte[]>> byId = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records("orders")) {
      assertThat(Tick.isTick(record.headers())).isFalse();
      DecodedEvent event =
          (DecodedEvent)
              decoder.decode(
                  record.value(), record.partition(), record.offset(), record.timestamp());
      assertThat(byId.put(event.row().longAt(0), record)).as("each order once").isNull();
    }
    return byId;
  }

  @Test
  void aFileIsSentWholeToThePartitionsOfItsKeys() throws Exception {
    int first = 1_000;
    List<String> lines =
        IntStream.range(first, first + 500).mapToObj(i -> order(i, "1." + i % 10)).toList();
    Path file = Files.write(folder.resolve("orders.jsonl"), lines);
    Ended ended = lambda("produce", "orders", "--file", file.toString(), broker());
    assertThat(ended)
        .isEqualTo(new Ended(0, "Sent 500 events to topic orders." + System.lineSeparator(), ""));
    Map<Long, ConsumerRecord<byte[], byte[]>> byId = ordersById();
    Map<String, Integer> partitions = new TreeMap<>();
    for (long id = first; id < first + 500; id++) {
      ConsumerRecord<byte[], byte[]> record = byId.get(id);
      assertThat(record).as("order %d", id).isNotNull();
      String key = new String(record.key(), StandardCharsets.UTF_8);
      assertThat(key).isEqualTo(Long.toString(id % 7));
      assertThat(partitions.merge(key, record.partition(), (a, b) -> a.equals(b) ? a : -1))
          .as("partition of key %s", key)
          .isNotEqualTo(-1);
    }
  }

  @Test
  void aFileWithOneBadLineSendsNothing() throws Exception {
    Path file =
        Files.write(
            folder.resolve("orders.jsonl"),
            List.of(order(2_000, "1.00"), "", order(2_001, "1.005"), order(2_002, "1.00")));
    Ended ended = lambda("produce", "orders", "--file", file.toString(), broker());
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .contains("orders.jsonl line 3", "'amount'", "1.005", "nothing was sent");
    assertThat(ordersById().keySet()).doesNotContain(2_000L, 2_001L, 2_002L);
  }

  @Test
  void standardInputIsSentUpToTheFirstBadLine() throws Exception {
    String input =
        String.join("\n", order(3_000, "1.00"), order(3_001, "1.00"), "{", order(3_002, "1.00"));
    Ended ended = lambdaReading(input, "produce", "orders", broker());
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .contains("line 3: not JSON", "the 2 events before it were sent");
    assertThat(ordersById().keySet()).contains(3_000L, 3_001L).doesNotContain(3_002L);
    assertThat(lambdaReading("{", "produce", "orders", broker()).err())
        .contains("line 1: not JSON")
        .endsWith("; nothing was sent\n");
  }

  private static String longOrder(int id, int length) {
    return order(id, "1.00").replace("Łódź", "x".repeat(length));
  }

  /** Both limits are asked before the first event goes: the client's and the topic's. */
  @Test
  void anEventThatIsTooLongIsNamedBeforeAnyIsSent() throws Exception {
    Path file =
        Files.write(
            folder.resolve("long.jsonl"),
            List.of(order(5_000, "1.00"), order(5_001, "1.00"), "", longOrder(5_002, 2_000_000)));
    String[] send = {
      "produce", "orders", "--allow-dead-letters", "--file", file.toString(), broker()
    };
    assertThat(lambda(send).err().lines())
        .singleElement()
        .asString()
        .contains("long.jsonl line 4: the event has 2,000,", "nothing was sent");

    Files.write(file, List.of(order(5_000, "1.00"), longOrder(5_002, 30_000)));
    maxMessageBytes("20000");
    try {
      assertThat(lambda(send).err().lines())
          .singleElement()
          .asString()
          .contains("line 2: the event has 30,", "20,000", "max.message.bytes", "nothing was sent");
    } finally {
      maxMessageBytes("1048588");
    }
    assertThat(ordersById().keySet()).doesNotContain(5_000L, 5_001L, 5_002L);
  }

  private static void maxMessageBytes(String bytes) throws Exception {
    ConfigEntry entry = new ConfigEntry("max.message.bytes", bytes);
    try (Admin admin = kafka.admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, "orders"),
                  List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  @Test
  void whatWasSentIsSaidWhereTheInputIsNotUtf8() throws Exception {
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    for (int id = 6_000; id < 9_000; id++) {
      input.writeBytes((order(id, "1.00") + "\n").getBytes(StandardCharsets.UTF_8));
    }
    input.writeBytes(new byte[] {(byte) 0xFF, '\n'});
    Ended ended = process().runReading(input.toByteArray(), "produce", "orders", broker());
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .containsPattern("standard input is not UTF-8 .*; the [0-9,]+ events before it were sent");
  }

  /** By the predicate of both layers; whoever means it may send them. */
  @Test
  void whatWouldBeSetAsideIsNotSentUnlessAskedFor() throws Exception {
    String seconds = order(9_500, "1.00").replace("\"2026-01-31T12:00:00Z\"", "1769860800");
    assertRefused(
        lambdaReading(order(9_499, "1.00") + "\n" + seconds, "produce", "orders", broker()),
        "line 2: field 'event_time': event time 1970-01-21T11:37:40.800Z lies before",
        "EVENT_TIME_TOO_EARLY",
        "--allow-dead-letters",
        "the 1 event before it was sent");
    assertRefused(
        lambdaReading(
            order(9_501, "1.00").replace("2026-01-31", "9999-01-31"),
            "produce",
            "orders",
            broker()),
        "field 'event_time'",
        "hours ahead");
    assertRefused(
        lambdaReading(longOrder(9_502, 17_000), "produce", "orders", broker()),
        "'product_category'",
        "TEXT_TOO_LONG");
    Ended sent = lambdaReading(seconds, "produce", "orders", "--allow-dead-letters", broker());
    assertThat(sent.out()).startsWith("Sent 1 event ");
  }

  @Test
  void eventsAtARateAllArrive() throws Exception {
    String input =
        String.join("\n", IntStream.range(4_000, 4_030).mapToObj(i -> order(i, "1.00")).toList());
    Ended ended = lambdaReading(input, "produce", "orders", "--rate", "50", broker());
    assertThat(ended)
        .isEqualTo(new Ended(0, "Sent 30 events to topic orders." + System.lineSeparator(), ""));
    assertThat(ordersById().keySet()).containsAll(LongStream.range(4_000, 4_030).boxed().toList());
  }

  @Test
  void whatCannotBeProducedToIsOneLine() throws Exception {
    String event = "{\"device\": \"d\", \"temperature\": 1.5, \"event_time\": 0}";
    assertRefused(lambdaReading(event, "produce", "order", broker()), "'order'", "orders");
    assertRefused(
        lambdaReading(event, "produce", "sensor-readings", broker()),
        "message.timestamp.type=LogAppendTime",
        "found CreateTime",
        "kafka-configs");
    assertThat(records("sensor-readings")).isEmpty();
    assertRefused(
        lambda("produce", "orders", "--file", "nowhere.jsonl", broker()), "nowhere.jsonl");
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertUnavailable(
        lambdaReading(
            order(1, "1.00"),
            "produce",
            "orders",
            "-Dlambda.kafka.timeout=3s",
            "-Dlambda.kafka.bootstrap-servers=127.0.0.1:" + port),
        "127.0.0.1:" + port);
    assertUnavailable(
        lambda(
            "query",
            "daily_sales",
            "--all",
            "--from=2026-01-01",
            "--to=2026-01-02",
            "-Dhbase.zookeeper.property.clientPort=" + port),
        "Cannot reach HBase",
        ":" + port);
  }

  /** With values of null on a compacted topic, where their ids' values stand. */
  @Test
  void rowsOfADimensionAreDeletedByTheirIds() throws Exception {
    kafka.createTopic("products", 2, Map.of("cleanup.policy", "compact"));
    String product =
        """
        {"product_id": %d, "product_name": "p", "brand_name": "b", "product_category": "c", \
        "event_time": 0}""";
    String all = String.join("\n", IntStream.range(0, 20).mapToObj(product::formatted).toList());
    assertThat(lambdaReading(all, "produce", "products", broker()).code()).isZero();
    assertRefused(
        lambdaReading("{\"product_id\": 3, \"brand_name\": \"b\"}", delete()), "'brand_name'");
    assertRefused(lambdaReading("8", delete()), "line 1", "an object");
    assertRefused(lambdaReading("{}", delete()), "'product_id' is missing");
    Path ids =
        Files.write(
            folder.resolve("ids.jsonl"), List.of("{\"product_id\": 8}", "{\"product\": 9}"));
    assertRefused(
        lambda("produce", "products", "--delete", "--file", ids.toString(), broker()),
        "ids.jsonl line 2",
        "nothing was sent");
    assertThat(lambdaReading("{\"product_id\": 8}\n\n{\"product_id\": 11}\n", delete()))
        .isEqualTo(
            new Ended(0, "Sent 2 deletions to topic products." + System.lineSeparator(), ""));
    Map<String, Integer> partitions = new TreeMap<>();
    List<String> gone = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records("products")) {
      String id = new String(record.key(), StandardCharsets.UTF_8);
      assertThat(partitions.merge(id, record.partition(), (a, b) -> a.equals(b) ? a : -1))
          .as("partition of id %s", id)
          .isNotEqualTo(-1);
      if (record.value() == null) {
        gone.add(id);
      }
    }
    assertThat(partitions).hasSize(20);
    assertThat(gone).containsExactlyInAnyOrder("8", "11");
    assertRefused(
        lambdaReading("{\"customer_id\": 1}", "produce", "orders", "--delete", broker()),
        "Cannot delete from topic orders",
        "a dimension's rows");
  }

  private static String[] delete() {
    return new String[] {"produce", "products", "--delete", broker()};
  }

  private static void assertRefused(Ended ended, String... parts) {
    assertOneLine(2, ended, parts);
  }

  private static void assertUnavailable(Ended ended, String... parts) {
    assertOneLine(69, ended, parts);
  }

  private static void assertOneLine(int code, Ended ended, String... parts) {
    assertThat(ended.err().lines()).singleElement().asString().contains(parts);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.code()).isEqualTo(code);
  }

  @Test
  void helpSaysVerbsAndExitCodes() throws Exception {
    Ended ended = lambda("--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out())
        .contains(
            "  archive ",
            "  recompute ",
            "  publish ",
            "  rollback ",
            "  versions ",
            "  discard ",
            "  cleanup ",
            "  speed ",
            "  dead-letters ")
        .contains("  query ", "  produce ", "  views ")
        .contains("   0  ", "   1  ", "   2  ", "   3  ", "  69  ", "  70  ", "  75  ");
    assertThat(ended.out().lines()).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(100));
  }

  @Test
  void misuseIsHelpedWith() throws Exception {
    Ended verb = lambda("quarry");
    assertThat(verb.code()).isEqualTo(2);
    assertThat(verb.err()).contains("quarry", "did you mean query?", "lambda --help");
    Ended option = lambda("views", "--publish");
    assertThat(option.code()).isEqualTo(2);
    assertThat(option.err()).contains("--publish", "lambda views --help");
    assertThat(verb.out() + option.out()).isEmpty();
    assertThat(lambda("views", "-Dlambda.epoc=1m").err()).contains("'lambda.epoch'");
  }

  @Test
  void viewsOfTheJarsAreListedAndExplained() throws Exception {
    Ended list = lambda("views");
    assertThat(list.err()).isEmpty();
    assertThat(list.out()).contains("action_metrics", "daily_sales", "device_temperature");
    assertThat(list.out().lines())
        .anyMatch(
            line ->
                line.matches("card_too_far +card-transactions +card +place, latitude, longitude *"))
        .anyMatch(line -> line.matches("reading_outside_band +sensor-readings +device +.*"));
    Ended one = lambda("views", "daily_sales");
    assertThat(one.err()).isEmpty();
    assertThat(one.out()).contains("the exact sum of amount");
    assertRefused(lambda("views", "weekly_sales"), "'weekly_sales'", "daily_sales");
    assertThat(process().log()).as("nothing was worth a warning").doesNotExist();
  }
}
