package dev.lambdastack.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.TestingCells;
import dev.lambdastack.speed.TestingClusters;
import dev.lambdastack.speed.TestingOrders;
import dev.lambdastack.speed.alert.AlertJob;
import dev.lambdastack.speed.alert.RulesLoader;
import dev.lambdastack.speed.launch.Launch;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.ViewProvider;
import dev.lambdastack.views.handoff.Generation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * A job whose checkpoint, table or view jar got lost or broken says so in one line at its start;
 * with {@code --fresh} it begins anew.
 */
// A start that is not refused would run for ever.
@Timeout(120)
@ExtendWith(TestingClusters.class)
class BrokenStartsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String CARDS = "card-transactions";

  private static LambdaConfig config() {
    return TestingClusters.config(
        Map.of(
            "lambda.epoch",
            "2h",
            // State in files of its own, not in the metadata.
            "flink.execution.checkpointing.data-inline-threshold",
            "0 b"));
  }

  /** Runs the command and gives its one line. */
  private static String refusal(String... more) {
    List<String> args = new ArrayList<>(List.of("orders", "-D", "lambda.epoch=2h"));
    args.addAll(List.of(more));
    return refusal(new SpeedCommand(), args);
  }

  private static String refusal(Callable<Integer> verb, List<String> arguments) {
    List<String> args = new ArrayList<>(arguments);
    args.addAll(TestingClusters.commandLine());
    StringWriter err = new StringWriter();
    CommandLine command =
        new CommandLine(verb)
            .setErr(new PrintWriter(err, true))
            .setOut(new PrintWriter(new StringWriter(), true));
    int exit = CommandRunner.run(command, args.toArray(String[]::new));
    assertThat(exit).as(err.toString()).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    return err.toString();
  }

  @Test
  void whatAJobGoesOnFromIsLookedAtFirst() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = config();
    try (Connection hbase = HBaseConnector.connect(config);
        Admin admin = hbase.getAdmin();
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders");
        TestingOrders orders = new TestingOrders("orders", 1)) {
      TestingClusters.removeViews(hbase);
      String checkpoint;
      Generation generation;
      try (RunningSpeedJob job = Launch.start(config, "orders", SpeedOptions.defaults())) {
        orders.send(50, 0, 1, 2);
        job.awaitApplied(log.endOffsets(), LIMIT);
        generation = job.generations().get(0);
        job.cancel();
        checkpoint = job.newestCheckpoint().orElseThrow();
      }
      org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path(checkpoint);
      FileSystem files = folder.getFileSystem(config.hadoop());
      org.apache.hadoop.fs.Path kept = new org.apache.hadoop.fs.Path(folder.getParent(), "kept");
      FileUtil.copy(files, folder, files, kept, false, config.hadoop());

      assertThatThrownBy(
              () ->
                  Launch.start(
                      config, "orders", SpeedOptions.defaults().withSchemas(editedOrders())))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("it was edited since events of topic orders were taken by it")
          .hasMessageContaining(
              "field 'amount' (expected bytes decimal(12,2), found bytes decimal(12,3))");

      assertThat(refusal("-D", "lambda.speed.state-backend=rocksdb"))
          .contains("Cannot go on from " + checkpoint)
          .contains(
              "hashmap wrote it; set lambda.speed.state-backend=hashmap, or give another",
              "--fresh");

      org.apache.hadoop.fs.Path metadata = new org.apache.hadoop.fs.Path(folder, "_metadata");
      try (var out = files.create(metadata, true)) {
        out.writeBytes("no checkpoint");
      }
      assertThat(refusal())
          .contains("Cannot go on from " + checkpoint)
          .contains("--restore")
          .contains("--fresh");

      try (var in = files.open(new org.apache.hadoop.fs.Path(kept, "_metadata"));
          var out = files.create(metadata, true)) {
        in.transferTo(out);
      }
      for (var file : files.listStatus(folder)) {
        if (!file.getPath().equals(files.makeQualified(metadata))) {
          files.delete(file.getPath(), false);
        }
      }
      assertThat(refusal())
          .contains("Cannot go on from " + checkpoint, "is missing", "--restore", "--fresh");

      for (var file : files.listStatus(kept)) {
        FileUtil.copy(files, file.getPath(), files, folder, false, true, config.hadoop());
      }
      TableName table = TableName.valueOf(generation.table());
      admin.disableTable(table);
      admin.deleteTable(table);
      assertThat(refusal())
          .contains("Cannot go on with generation 1 of view action_metrics")
          .contains("its table lambda:action_metrics.speed.g1 does not exist")
          .contains("--fresh");

      try (RunningSpeedJob job =
          Launch.start(config, "orders", SpeedOptions.defaults().withFresh(true))) {
        job.awaitApplied(log.endOffsets(), LIMIT);
        Generation again = job.generations().get(0);
        assertThat(again.number()).isEqualTo(2);
        var epochs = TestingCells.epochs(orders.log(3), Duration.ofHours(2));
        assertThat(TestingCells.actual(hbase, again))
            .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
      }
    }
  }

  /** Another scale in place, which no fingerprint tells. */
  private static SchemaStore editedOrders() {
    return SchemaStore.of(
        SchemaStore.load(BrokenStartsIT.class.getClassLoader()).all().stream()
            .map(
                v ->
                    new SchemaVersion(
                        SchemaParser.parseSingle(
                            v.schema().toString().replace("\"scale\":2", "\"scale\":3")),
                        v.version(),
                        v.source()))
            .toList());
  }

  private static AlertJob startAlerts(LambdaConfig config) throws Exception {
    return AlertJob.start(
        config,
        CARDS,
        RulesLoader.FROM_CLASS_PATH,
        SchemaStore.load(BrokenStartsIT.class.getClassLoader()),
        Optional.empty());
  }

  @Test
  void anAlertJobLooksAtItsCheckpointFirst() throws Exception {
    for (String topic : List.of(CARDS, "alerts")) {
      TestingClusters.removeTopic(topic);
      TestingClusters.kafka().createTopic(topic, 1);
    }
    LambdaConfig config = config();
    String checkpoint;
    try (AlertJob job = startAlerts(config)) {
      Await.until(
          "a checkpoint",
          LIMIT,
          () -> {
            assertThat(job.hasEnded()).isFalse();
            return job.newestCheckpoint().isPresent();
          });
      job.close();
      checkpoint = job.newestCheckpoint().orElseThrow();
    }
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path(checkpoint);
    org.apache.hadoop.fs.Path life = folder.getParent().getParent();
    FileSystem files = folder.getFileSystem(config.hadoop());
    try (var out = files.create(new org.apache.hadoop.fs.Path(folder, "_metadata"), true)) {
      out.writeBytes("no checkpoint");
    }
    assertThat(refusal(new AlertsCommand(), List.of(CARDS)))
        .contains("Cannot go on from " + checkpoint)
        .contains("delete the folder " + life + " to begin with the oldest event")
        .doesNotContain("--restore", "--fresh");
    // What the line says helps.
    files.delete(life, true);
    try (AlertJob job = startAlerts(config)) {
      assertThat(job.resumedFrom()).isEmpty();
    }
  }

  @Test
  void aViewJarThatDoesNotLoad(@TempDir Path jar) throws Exception {
    Path services = Files.createDirectories(jar.resolve("META-INF/services"));
    Files.writeString(services.resolve(ViewProvider.class.getName()), "com.example.Gone\n");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      assertThat(refusal())
          .contains("Cannot load the views of com.example.Gone (" + jar + ")", "not found");
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
