package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedClusters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProvider;
import org.apache.hadoop.security.alias.CredentialProviderFactory;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every verb that asks Kafka, where Kafka takes TLS and a login alone; the password is in nothing
 * that a person can look at.
 */
class SecuredKafkaIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String FAMILY = "lambda.kafka.client.";
  private static final String PASSWORD = "kept-0ut-of-sight";
  private static final String WRONG = "kept-1n-vain";

  /** What these say at this level is a part of what is searched. */
  private static final List<String> TALKATIVE =
      List.of(
          "org.apache.kafka.clients",
          "org.apache.kafka.common",
          "org.apache.flink",
          "org.apache.hadoop.mapred",
          "org.apache.hadoop.mapreduce",
          "org.apache.hadoop.conf");

  private static final Pattern REST = Pattern.compile("Rest endpoint listening at (\\S+):(\\d+)");

  @TempDir static Path folder;

  private static final List<String> said = new ArrayList<>();
  private static final ConcurrentLinkedQueue<String> jobFiles = new ConcurrentLinkedQueue<>();

  private static EmbeddedClusters clusters;
  private static HttpServer jobEnds;
  private static List<String> options;
  private static long logBegin;

  private record Ended(int code, String out, String err) {}

  @BeforeAll
  static void start() throws Exception {
    clusters = EmbeddedClusters.builder().securedKafka("lambda", PASSWORD).start();
    clusters.kafka().createTopic("orders", 2);
    clusters.kafka().createTopic("products", 1, Map.of("cleanup.policy", "compact"));
    clusters.kafka().createTopic("card-transactions", 1);
    clusters.kafka().createTopic("alerts", 1);
    jobEnds = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    jobEnds.createContext(
        "/",
        exchange -> {
          keepJobFiles();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    jobEnds.start();
    options = options();
    logBegin = Files.size(log());
    TALKATIVE.forEach(logger -> Configurator.setLevel(logger, "INFO"));
  }

  @AfterAll
  static void stop() throws IOException {
    TALKATIVE.forEach(logger -> Configurator.setLevel(logger, "WARN"));
    jobEnds.stop(0);
    clusters.close();
  }

  private static Path log() {
    return Path.of("target", "test.log");
  }

  private static Path jobs() {
    return folder.resolve("jobs");
  }

  /** Before the framework removes them: it waits for our answer. */
  private static void keepJobFiles() throws IOException {
    try (Stream<Path> all = Files.walk(jobs())) {
      for (Path file : all.filter(path -> path.endsWith("job.xml")).toList()) {
        jobFiles.add(Files.readString(file));
      }
    }
  }

  private static List<String> options() throws Exception {
    Path conf = folder.resolve("conf");
    clusters.writeSiteFiles(conf);
    Configuration site = new Configuration(false);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(conf, "*-site.xml")) {
      for (Path file : files) {
        site.addResource(file.toUri().toURL());
      }
    }
    site.set("lambda.kafka.bootstrap-servers", clusters.kafka().securedServers());
    site.set("lambda.epoch", "2s");
    site.set("lambda.clock-skew", "0ms");
    site.set("lambda.regions", "1");
    site.set("lambda.dead-letters.max-share", "1");
    site.set("lambda.speed.checkpoint-interval", "200ms");
    site.set("mapreduce.jobtracker.staging.root.dir", jobs().toString());
    site.set(
        "mapreduce.job.end-notification.url",
        "http://localhost:" + jobEnds.getAddress().getPort() + "/");

    clusters.kafka().securedClient().forEach((key, value) -> site.set(FAMILY + key, value));
    provide(site, FAMILY + "ssl.truststore.password");

    List<String> options = new ArrayList<>();
    site.forEach(e -> options.add("-D" + e.getKey() + "=" + e.getValue()));
    return options;
  }

  /** Moves a value into a credential provider. */
  private static void provide(Configuration site, String key) throws IOException {
    site.set(
        CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH,
        "localjceks://file" + folder.resolve("secrets.jceks"));
    CredentialProvider provider = CredentialProviderFactory.getProviders(site).get(0);
    provider.createCredentialEntry(key, site.get(key).toCharArray());
    provider.flush();
    site.unset(key);
  }

  /** Runs a command line as {@code main} does. */
  private static Ended lambda(List<String> more, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(options);
    all.addAll(more);
    int code = CommandRunner.onStreams(new Lambda(), out, err, all.toArray(String[]::new));
    Ended ended =
        new Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    said.add(ended.out() + ended.err());
    return ended;
  }

  private static Ended done(String... args) {
    Ended ended = lambda(List.of(), args);
    assertThat(ended.code()).as("%s: %s", List.of(args), ended).isZero();
    return ended;
  }

  private static void produce(String topic, List<String> events) throws IOException {
    Path file = Files.write(folder.resolve(topic + ".jsonl"), events);
    assertThat(done("produce", topic, "--file", file.toString()).out())
        .contains("Sent " + events.size() + " event");
  }

  private static List<String> orders() {
    return IntStream.range(0, 20)
        .mapToObj(
            i ->
                String.format(
                    Locale.ROOT,
                    """
                    {"order_id": %d, "customer_id": %d, "product_id": 3, "product_category": "Wine", "store_id": 4, \
                    "action": "purchase", "quantity": 1, "amount": 1.50, "event_time": "2026-01-05T10:00:00Z"}""",
                    i,
                    i % 5))
        .toList();
  }

  private static String use(String place, double latitude, double longitude) {
    return String.format(
        Locale.ROOT,
        """
        {"card": "4711", "place": "%s", "latitude": %f, "longitude": %f, "amount": 1.00, \
        "event_time": "2026-01-10T12:00:00Z"}""",
        place,
        latitude,
        longitude);
  }

  /** By the listener that asks nobody for a login: it is a stranger's record. */
  private static void produceNoEvent() throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", clusters.kafka().bootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>("orders", "no event".getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  /** How many offsets a topic of one partition has; 0 where there is none. */
  private static long size(String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var admin = clusters.kafka().admin()) {
      return admin.listTopics().names().get().contains(topic)
          ? admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset()
          : 0;
    }
  }

  /** Runs a verb that goes on, until its job has put a record on a topic; then ends the job. */
  private static void runUntilOneRecordIsOn(String topic, String... verb) throws Exception {
    long before = Files.size(log());
    CompletableFuture<Ended> command = CompletableFuture.supplyAsync(() -> done(verb));
    Await.until(
        "a record on " + topic,
        LIMIT,
        () -> {
          assertThat(command).as("%s goes on", List.of(verb)).isNotDone();
          return size(topic) > 0;
        });

    URI rest = rest(logged(before));
    String job = readAll(rest);
    request(
        HttpRequest.newBuilder(rest.resolve("/jobs/" + job))
            .method("PATCH", BodyPublishers.noBody()));
    command.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static URI rest(String log) throws URISyntaxException {
    Matcher matcher = REST.matcher(log);
    assertThat(matcher.find()).as("the REST endpoint of Flink in the log").isTrue();

    String host = matcher.group(1);
    int port = Integer.parseInt(matcher.group(2));
    return new URI("http", null, host, port, "/", null, null);
  }

  private static String request(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient()
        .send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8))
        .body();
  }

  /**
   * Keeps what Flink's web UI shows of the one job.
   *
   * @return its id
   */
  private static String readAll(URI rest) throws Exception {
    JsonNode jobs =
        new ObjectMapper().readTree(request(HttpRequest.newBuilder(rest.resolve("/jobs"))));
    String job = jobs.get("jobs").get(0).get("id").textValue();
    for (String path :
        List.of("", "/config", "/plan", "/exceptions", "/checkpoints", "/checkpoints/config")) {
      String answer = request(HttpRequest.newBuilder(rest.resolve("/jobs/" + job + path)));
      assertThat(answer).as(path).startsWith("{").doesNotContain("\"errors\"");
      said.add(answer);
    }
    for (String path : List.of("/config", "/jobmanager/config", "/jobmanager/environment")) {
      said.add(request(HttpRequest.newBuilder(rest.resolve(path))));
    }
    return job;
  }

  private static String logged(long from) throws IOException {
    byte[] all = Files.readAllBytes(log());
    return new String(all, (int) from, (int) (all.length - from), StandardCharsets.UTF_8);
  }

  @Test
  void everyVerbLogsInAndNothingShowsThePassword() throws Exception {
    produce("orders", orders());
    produceNoEvent();
    runUntilOneRecordIsOn("orders.dead-letters", "speed", "orders");
    Await.until(
        "the archive of what is no event",
        LIMIT,
        () -> done("archive", "orders").out().contains("1 dead letter"));
    assertThat(done("audit", "orders").out()).contains("orders");
    assertAWrongPasswordIsOneLine("audit orders");
    assertAWrongPasswordIsOneLine("dead-letters replay orders");
    assertThat(done("dead-letters", "replay", "orders").out()).contains("1");

    produce(
        "products",
        List.of(
            """
            {"product_id": 3, "product_name": "Rioja", "brand_name": "Norte", "product_category": "Wine", \
            "price": 9.50, "event_time": "2026-01-01T00:00:00Z"}"""));
    assertThat(done("dimension", "products", "--once").out()).contains("products");

    produce("card-transactions", List.of(use("Oslo", 59.91, 10.75), use("Sydney", -33.87, 151.21)));
    runUntilOneRecordIsOn("alerts", "alerts", "card-transactions");

    assertAll(
        SecuredKafkaIT::assertJobFilesShowNone,
        SecuredKafkaIT::assertLogsShowNone,
        SecuredKafkaIT::assertConsoleAndWebShowNone);
  }

  private static void assertJobFilesShowNone() {
    assertThat(jobFiles).as("what the archive's tasks are told").isNotEmpty();
    assertThat(jobFiles)
        .allSatisfy(
            xml ->
                assertThat(xml)
                    .contains(clusters.kafka().securedServers())
                    .doesNotContain(PASSWORD, FAMILY));
  }

  private static void assertLogsShowNone() throws IOException {
    assertThat(logged(logBegin))
        .contains("sasl.jaas.config = [hidden]", "ssl.truststore.password = [hidden]")
        .doesNotContain(PASSWORD);
  }

  private static void assertConsoleAndWebShowNone() {
    assertThat(said).hasSizeGreaterThan(20).noneMatch(text -> text.contains(PASSWORD));
  }

  private static void assertAWrongPasswordIsOneLine(String verb) {
    String login =
        clusters.kafka().securedClient().get("sasl.jaas.config").replace(PASSWORD, WRONG);
    Ended ended = lambda(List.of("-D" + FAMILY + "sasl.jaas.config=" + login), verb.split(" "));
    assertThat(ended.code()).as("%s: %s", verb, ended).isEqualTo(2);
    assertThat(ended.err().lines())
        .as(verb)
        .singleElement()
        .asString()
        .startsWith("Cannot log in to Kafka at " + clusters.kafka().securedServers())
        .contains("invalid credentials with SASL mechanism SCRAM-SHA-512");
    assertThat(ended.out() + ended.err()).doesNotContain(PASSWORD, WRONG);
  }

  @Test
  void aWrongPasswordIsOneLine() throws Exception {
    Path events = Files.write(folder.resolve("events.jsonl"), orders());
    for (String verb :
        List.of(
            "produce orders --file " + events,
            "archive orders",
            "dimension products --once",
            "speed orders",
            "alerts card-transactions")) {
      assertAWrongPasswordIsOneLine(verb);
    }
    assertThat(logged(logBegin)).doesNotContain(WRONG);
  }

  @Test
  void aTrustStoreThatCannotBeOpenedIsOneLine() {
    String type = "-D" + FAMILY + "ssl.truststore.type=PKCS12";
    String jdk = Path.of(System.getProperty("java.home"), "lib", "security", "cacerts").toString();
    String location = "-D" + FAMILY + "ssl.truststore.location=" + jdk;
    Ended ended = lambda(List.of(location, type), "archive", "orders");
    assertThat(ended.code()).as("%s", ended).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .startsWith("Cannot make a client for Kafka at " + clusters.kafka().securedServers())
        .contains("lambda.kafka.client.");
  }

  @Test
  void allThatIsSearchedForIsSaid() {
    assertThat(
            options.stream()
                .filter(option -> option.contains(PASSWORD))
                .map(option -> option.substring(2, option.indexOf('=')))
                .collect(Collectors.toSet()))
        .containsExactly(FAMILY + "sasl.jaas.config");
  }
}
