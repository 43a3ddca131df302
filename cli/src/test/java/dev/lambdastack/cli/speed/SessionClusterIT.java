package dev.lambdastack.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.AlertStore.Alert;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.TestingCells;
import dev.lambdastack.speed.TestingClusters;
import dev.lambdastack.speed.TestingOrders;
import dev.lambdastack.speed.launch.FlinkCluster;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.UnavailableException;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

/** Jobs start on a Flink session cluster, submitted through its REST endpoint. */
@ExtendWith(TestingClusters.class)
class SessionClusterIT {
  /** All that is on the class path goes to the cluster first: minutes, on a busy machine. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private static final int SLOTS = 4;

  private static MiniCluster cluster() {
    Configuration flink = new Configuration();
    // The test's own classes are on the cluster's class path too.
    flink.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
    return new MiniCluster(
        new MiniClusterConfiguration.Builder()
            .setConfiguration(flink)
            .setNumTaskManagers(2)
            .setNumSlotsPerTaskManager(SLOTS / 2)
            .withRandomPorts()
            .build());
  }

  /** Jobs go with one jar from here on: the cluster's own class path has the others. */
  private static void sendOneJar() {
    String jar =
        Arrays.stream(CLASS_PATH.split(File.pathSeparator))
            .filter(entry -> entry.contains("kafka-clients"))
            .findFirst()
            .orElseThrow();
    System.setProperty("java.class.path", jar);
  }

  @AfterEach
  void sendAllJars() {
    System.setProperty("java.class.path", CLASS_PATH);
  }

  @Test
  void aJobThatWasSubmittedByRestCounts() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "1s"));
    try (MiniCluster cluster = cluster();
        Connection hbase = HBaseConnector.connect(config);
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders");
        TestingOrders orders = new TestingOrders("orders", 1)) {
      TestingClusters.removeViews(hbase);
      cluster.start();
      URI rest = cluster.getRestAddress().get();
      FlinkCluster session = new FlinkCluster(rest.getHost(), rest.getPort());
      orders.send(60, 0, 1, 2);
      RunningSpeedJob job =
          Launch.start(
              config, "orders", SpeedOptions.defaults().withEnvironment(session::environment));
      try (job) {
        log.tick(log.partitions());
        job.awaitApplied(log.endOffsets(), LIMIT);
        var epochs = TestingCells.epochs(orders.log(3), Duration.ofSeconds(1));
        assertThat(TestingCells.actual(hbase, job.generations().get(0)))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
        assertThat(cluster.listJobs().get()).hasSize(1);
      }
      sendOneJar();
      LambdaConfig wide =
          TestingClusters.config(
              Map.of("lambda.epoch", "1s", "lambda.speed.parallelism", String.valueOf(SLOTS + 1)));
      try (RunningSpeedJob waits =
          Launch.start(
              wide, "orders", SpeedOptions.defaults().withEnvironment(session::environment))) {
        assertThatThrownBy(() -> waits.awaitRunning(Duration.ofSeconds(2)))
            .isInstanceOf(UnavailableException.class)
            .hasMessageContaining(
                "has completed no checkpoint within 2 seconds: expected free slots for it");
        assertThat(waits.hasEnded()).isFalse();
      }
    }
  }

  @Test
  void aClusterThatGoesAwayIsOneLine() throws Exception {
    sendOneJar();
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    StringWriter said = new StringWriter();
    AtomicReference<CompletableFuture<Integer>> running = new AtomicReference<>();
    try (MiniCluster cluster = cluster();
        Connection hbase = HBaseConnector.connect(TestingClusters.config(Map.of()))) {
      TestingClusters.removeViews(hbase);
      cluster.start();
      URI rest = cluster.getRestAddress().get();
      List<String> args =
          new ArrayList<>(
              List.of(
                  "orders",
                  "--cluster",
                  String.format(Locale.ROOT, "%s:%d", rest.getHost(), rest.getPort()),
                  "-Dflink.rest.retry.max-attempts=2",
                  "-Dflink.rest.retry.delay=100ms"));
      args.addAll(TestingClusters.commandLine());
      PrintWriter to = new PrintWriter(said, true);
      CompletableFuture<Integer> command =
          CompletableFuture.supplyAsync(
              () ->
                  CommandRunner.run(
                      new CommandLine(new SpeedCommand()).setOut(to).setErr(to),
                      args.toArray(String[]::new)));
      running.set(command);
      Await.until(
          "the job runs",
          LIMIT,
          () -> {
            assertThat(command.isDone()).as(said.toString()).isFalse();
            return said.toString().contains("until Ctrl-C");
          });
    }
    assertThat(running.get().get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .as(said.toString())
        .isEqualTo(UnavailableException.EXIT_CODE);
    assertThat(said.toString().lines().toList().get(said.toString().lines().toList().size() - 1))
        .startsWith("Flink does not answer any more: ");
  }

  private static GenericRecord use(String card, String place, double latitude, double longitude) {
    GenericRecord use = new GenericData.Record(ReferenceEvents.CARD_TRANSACTIONS.schema());
    use.put("card", card);
    use.put("place", place);
    use.put("latitude", latitude);
    use.put("longitude", longitude);
    use.put("amount", new BigDecimal("1.00"));
    use.put("event_time", Instant.parse("2026-01-10T12:00:00Z"));
    return use;
  }

  /** The lines that {@code lambda alerts --list} prints. */
  private static List<String> listed(String topic, String format) {
    List<String> args = new ArrayList<>(List.of(topic, "--list", "--format", format));
    args.addAll(TestingClusters.commandLine());
    StringWriter out = new StringWriter();
    CommandLine command = new CommandLine(new AlertsCommand()).setOut(new PrintWriter(out, true));
    assertThat(CommandRunner.run(command, args.toArray(String[]::new))).isZero();
    return out.toString().lines().toList();
  }

  @Test
  void alertsAreRaisedThereByTheJobThatTheCommandSubmits() throws Exception {
    sendOneJar();
    for (String topic : List.of("card-transactions", "alerts")) {
      TestingClusters.removeTopic(topic);
      TestingClusters.kafka().createTopic(topic, 1);
    }
    LambdaConfig config = TestingClusters.config(Map.of());
    String card = "card " + System.nanoTime();
    EventEncoder encoder = new EventEncoder(ReferenceEvents.CARD_TRANSACTIONS);
    try (MiniCluster cluster = cluster();
        Connection hbase = HBaseConnector.connect(config);
        KafkaProducer<byte[], byte[]> producer = TestingOrders.producer(Map.of())) {
      cluster.start();
      URI rest = cluster.getRestAddress().get();
      List<String> args =
          new ArrayList<>(
              List.of(
                  "card-transactions",
                  "--cluster",
                  String.format(Locale.ROOT, "%s:%d", rest.getHost(), rest.getPort())));
      args.addAll(TestingClusters.commandLine());
      StringWriter said = new StringWriter();
      PrintWriter to = new PrintWriter(said, true);
      CompletableFuture<Integer> command =
          CompletableFuture.supplyAsync(
              () ->
                  CommandRunner.run(
                      new CommandLine(new AlertsCommand()).setOut(to).setErr(to),
                      args.toArray(String[]::new)));
      for (GenericRecord use :
          List.of(use(card, "Oslo", 59.91, 10.75), use(card, "Sydney", -33.87, 151.21))) {
        producer
            .send(new ProducerRecord<>("card-transactions", encoder.key(use), encoder.value(use)))
            .get();
      }
      AlertStore store = new AlertStore(hbase);
      store.ensureTable();
      Await.until(
          "the alert of " + card,
          LIMIT,
          () -> {
            assertThat(command.isDone()).as(said.toString()).isFalse();
            return store.all().stream().anyMatch(alert -> alert.key().equals(card));
          });
      assertThat(listed("card-transactions", "csv"))
          .containsExactlyElementsOf(
              Stream.concat(
                      Stream.of("event_time,rule,key,message,topic,partition,offset"),
                      store.all().stream()
                          .filter(a -> a.topic().equals("card-transactions"))
                          .sorted(Comparator.comparing(Alert::eventTime).thenComparing(Alert::id))
                          .map(
                              a ->
                                  String.format(
                                      Locale.ROOT,
                                      "%s,%s,%s,\"%s\",%s,%d,%d",
                                      a.eventTime(),
                                      a.rule(),
                                      a.key(),
                                      a.message(),
                                      a.topic(),
                                      a.partition(),
                                      a.offset())))
                  .toList());
      int alerts = listed("card-transactions", "csv").size() - 1;
      assertThat(listed("card-transactions", "table"))
          .hasSize(alerts + 4)
          .last()
          .isEqualTo(alerts == 1 ? "1 alert" : alerts + " alerts");
      assertThat(listed("another", "table")).containsExactly("0 alerts");
      JobID job = cluster.listJobs().get().iterator().next().getJobId();
      assertThat(command.isDone()).isFalse();
      cluster.cancelJob(job).get();
      assertThat(command.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(said.toString()).isZero();
      assertThat(said.toString())
          .contains("Beginning with the oldest event", "card_too_far", "Alerts go to topic alerts");
    }
  }
}
