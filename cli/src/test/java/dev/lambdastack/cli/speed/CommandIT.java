package dev.lambdastack.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.TestingCells;
import dev.lambdastack.speed.TestingClusters;
import dev.lambdastack.speed.TestingOrders;
import dev.lambdastack.speed.launch.LifeFolder;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own, ended as people and machines end processes. */
@ExtendWith(TestingClusters.class)
class CommandIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  /** What the child process runs. */
  static final class Child {
    public static void main(String[] args) {
      Object command = args[0].equals("orders") ? new SpeedCommand() : new DimensionCommand();
      System.exit(CommandRunner.onConsole(command, args));
    }
  }

  @TempDir Path folder;

  private Process start(String name, String topic) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> a.startsWith("--add-opens") || a.startsWith("-Dlog4j2"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    // What a killed one leaves there goes with the test.
    command.add("-Djava.io.tmpdir=" + folder);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Child.class.getName(), topic, "-D", "lambda.epoch=1s"));
    TestingClusters.commandLine().forEach(command::add);
    return new ProcessBuilder(command)
        .directory(Files.createDirectories(folder.resolve(name)).toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".out").toFile())
        .start();
  }

  private void awaitProgress(PublishedTable store, TopicLog log, Process process) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    Map<Integer, Long> ends = log.endOffsets();
    while (store
        .pointer()
        .read("action_metrics")
        .filter(s -> s.progress().reaches(ends))
        .isEmpty()) {
      assertThat(process.isAlive()).as("the command runs").isTrue();
      assertThat(System.nanoTime()).as("gave up waiting").isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** The job may be quicker than the command, which tells of it and only then lets us end it. */
  private void awaitSaid(String name, Process process) throws IOException {
    Await.until(
        "what the command says",
        LIMIT,
        () -> {
          assertThat(process.isAlive()).as("the command runs").isTrue();
          return Files.readString(folder.resolve(name + ".out")).contains("until Ctrl-C");
        });
  }

  @Test
  void aDimensionThatIsFollowedEndsByASignal() throws Exception {
    TestingClusters.removeTopic("products");
    TestingClusters.kafka().createTopic("products", 1, Map.of("cleanup.policy", "compact"));
    Process process = start("dimension", "products");
    try {
      awaitSaid("dimension", process);

      process.toHandle().destroy();

      // As long as a change that is being written may take; none is.
      assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(143);
      assertThat(Files.readString(folder.resolve("dimension.out")))
          .contains("Dimension products holds ")
          .doesNotContain("Exception", "Cannot");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void endedByASignalOrKilledItGoesOnWhereItWas() throws Exception {
    TestingClusters.removeTopic("orders");
    TestingClusters.kafka().createTopic("orders", 3);
    LambdaConfig config = TestingClusters.config(Map.of("lambda.epoch", "1s"));
    try (Connection hbase = HBaseConnector.connect(config);
        TopicLog log = TopicLog.open(config.kafka().within(LIMIT), "orders");
        TestingOrders orders = new TestingOrders("orders", 1)) {
      TestingClusters.removeViews(hbase);
      PublishedTable store = new PublishedTable(hbase);
      store.ensure();
      for (String ending : List.of("signal", "kill", "none")) {
        orders.send(60, 0, 1, 2);
        log.tick(log.partitions());
        Process process = start(ending, "orders");
        try {
          awaitProgress(store, log, process);
          awaitSaid(ending, process);
          if (ending.equals("kill")) {
            // It dies in the middle of these.
            for (int i = 0; i < 20; i++) {
              orders.send(30, 0, 1, 2);
            }
          }
          if (ending.equals("signal")) {
            process.destroy();
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            String life = store.catalog().generations("action_metrics").get(0).life();
            String jobFolder = LifeFolder.of(config, "orders", life).uri();
            assertThat(RunClaim.find(List.of(jobFolder), config.hadoop()).silent().get(jobFolder))
                .as("claims of a run that has ended, for which the next start would wait")
                .isEmpty();
          }
        } finally {
          process.destroyForcibly().waitFor();
        }
        String out = Files.readString(folder.resolve(ending + ".out"));
        assertThat(out)
            .contains(ending.equals("signal") ? "New generations" : "Going on from hdfs://")
            .contains("action_metrics generation 1")
            .doesNotContain("Exception");
      }
      Generation generation = store.catalog().generations("action_metrics").get(0);
      assertThat(store.catalog().generations("action_metrics")).hasSize(1);
      var epochs = TestingCells.epochs(orders.log(3), Duration.ofSeconds(1));
      assertThat(TestingCells.actual(hbase, generation))
          .isEqualTo(TestingCells.actionMetrics(orders, epochs, 0));
    }
  }
}
