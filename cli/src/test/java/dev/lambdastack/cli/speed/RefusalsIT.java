package dev.lambdastack.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.TestingClusters;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

/** What a person may get wrong is one line and exit code 2, and nothing is written. */
@ExtendWith(TestingClusters.class)
class RefusalsIT {
  private Connection hbase;

  @BeforeEach
  void newTopic() throws Exception {
    TestingClusters.removeTopic("orders");
    hbase = HBaseConnector.connect(TestingClusters.config(Map.of()));
    TestingClusters.removeViews(hbase);
  }

  @AfterEach
  void nothingWasOpened() throws Exception {
    PublishedTable store = new PublishedTable(hbase);
    store.ensure();
    assertThat(store.pointer().views()).isEmpty();
    for (View view : Views.load(getClass().getClassLoader()).ofTopic("orders")) {
      assertThat(store.catalog().generations(view.name())).as(view.name()).isEmpty();
    }
    try (Admin admin = hbase.getAdmin()) {
      assertThat(admin.listTableNamesByNamespace("lambda")).containsExactly(PublishedTable.NAME);
    }
    hbase.close();
  }

  private static void createTopic(String name, Map<String, String> configs) throws Exception {
    TestingClusters.removeTopic(name);
    TestingClusters.kafka().createTopic(name, 3, configs);
  }

  /** Runs the command and gives its one line. */
  private static String refusal(String... args) {
    return ended(InvalidInputException.EXIT_CODE, args);
  }

  private static String outage(String... args) {
    return ended(UnavailableException.EXIT_CODE, args);
  }

  private static String ended(int code, String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    String[] given =
        Arrays.stream(args)
            .filter(a -> a.contains("="))
            .map(a -> a.split("=")[0])
            .toArray(String[]::new);
    all.addAll(TestingClusters.commandLine(given));
    StringWriter err = new StringWriter();
    CommandLine command =
        new CommandLine(new SpeedCommand())
            .setErr(new PrintWriter(err, true))
            .setOut(new PrintWriter(new StringWriter(), true));
    int exit = CommandRunner.run(command, all.toArray(String[]::new));
    assertThat(exit).as(err.toString()).isEqualTo(code);
    assertThat(err.toString().lines()).hasSize(1);
    return err.toString();
  }

  @Test
  void aTopicThatIsMissing() {
    assertThat(refusal("orders")).contains("No topic 'orders'").contains("kafka-topics.sh");
  }

  @Test
  void aTopicThatNoViewReads() {
    assertThat(refusal("customers")).contains("No view reads topic 'customers'").contains("orders");
  }

  @Test
  void aTopicThatProducersStamp() throws Exception {
    createTopic("orders", Map.of("message.timestamp.type", "CreateTime"));
    assertThat(refusal("orders")).contains("expected message.timestamp.type=LogAppendTime");
  }

  @Test
  void aTopicThatIsCompacted() throws Exception {
    createTopic("orders", Map.of("cleanup.policy", "compact"));
    assertThat(refusal("orders")).contains("compacted");
  }

  @Test
  void kafkaThatIsAway() {
    assertThat(
            outage(
                "orders",
                "-D",
                "lambda.kafka.bootstrap-servers=localhost:1",
                "-D",
                "lambda.kafka.timeout=2s"))
        .contains("Cannot reach Kafka at localhost:1");
  }

  @Test
  void hbaseThatIsAway() throws Exception {
    createTopic("orders", Map.of());
    assertThat(outage("orders", "-D", "hbase.zookeeper.property.clientPort=1"))
        .contains("Cannot reach HBase");
  }

  /** The same record would be an event in one layer and none in the other. */
  @Test
  void anotherEarliestEventTimeThanTheArchives() throws Exception {
    createTopic("orders", Map.of());
    LambdaConfig archive = TestingClusters.config(Map.of());
    try (TopicLog log = TopicLog.open(archive.kafka(), "orders")) {
      TopicAgreement.of(archive, "orders", log.topicId())
          .adopt(log.partitions(), log.partitions(), Instant.EPOCH);
    }
    assertThat(refusal("orders", "-D", "lambda.event-time.min=2000-01-01T00:00:00Z"))
        .contains("lambda.event-time.min=2000-01-01T00:00:00Z")
        .contains("began with 1990-01-01T00:00:00Z")
        .contains("set lambda.event-time.min=1990-01-01T00:00:00Z");
  }

  @Test
  void anUnknownKey() {
    assertThat(refusal("orders", "-D", "lambda.epok=1s")).contains("did you mean 'lambda.epoch'");
  }

  @Test
  void aCheckpointThatIsNone() throws Exception {
    createTopic("orders", Map.of());
    assertThat(refusal("orders", "--restore", "hdfs:///nowhere/chk-1"))
        .contains("Cannot go on from hdfs:///nowhere/chk-1");
  }

  @Test
  void aFolderForCheckpointsThatCannotBeWritten() throws Exception {
    createTopic("orders", Map.of());
    assertThat(refusal("orders", "-D", "lambda.speed.checkpoints=file:///proc/nowhere"))
        .contains("Cannot write to file:/proc/nowhere/orders/", "check lambda.speed.checkpoints");
  }

  @Test
  void contradictions() {
    assertThat(refusal("orders", "--fresh", "--restore", "x")).contains("--fresh or --restore");
    assertThat(refusal("orders", "--detached")).contains("give --cluster");
  }

  @Test
  void aFlinkThatIsAway() {
    assertThat(outage("orders", "--cluster", "localhost:1"))
        .contains("Cannot reach Flink at localhost:1: no server answers there");
    assertThat(refusal("orders", "--cluster", "localhost")).contains("expected <host>:<port>");
  }
}
