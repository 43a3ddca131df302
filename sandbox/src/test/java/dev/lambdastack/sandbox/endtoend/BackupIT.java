package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.audit.Audit;
import dev.lambdastack.batch.backup.Backup;
import dev.lambdastack.batch.backup.Restore;
import dev.lambdastack.sandbox.BatchRun;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.sandbox.oracle.Oracle;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Version;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Clusters whose HDFS and HBase are lost come back from a backup, as second ones do here. */
@ExtendWith(SharedSandbox.class)
final class BackupIT {
  @TempDir private Path disk;

  @Test
  void answersComeBackIntoEmptyClusters() throws Exception {
    try (Scenario saved = Scenario.open("saved", 13)) {
      String place = disk.toUri().toString();
      allowSnapshots(saved.layers().config());

      saved.produceOver(2, 150);
      BatchRun batch = saved.batch();
      try (RunningSpeedJob speed = saved.layers().startSpeed()) {
        saved.produceOver(2, 150);
        saved.awaitFresh();
        saved.check("before the backup");

        Backup.Result first = backup(saved, place);
        assertThat(first.views()).isGreaterThanOrEqualTo(batch.versions().size());
        BatchRun second = saved.batch();
        Backup.Result newest = whilePublishing(saved, place);
        saved.produceOver(2, 150);
        saved.awaitFresh();
        saved.check("behind the backup");
        speed.checkAlive();

        restore(saved, place, first, newest, second);
      }
    }
  }

  /** A backup while one version after another is published. */
  private static Backup.Result whilePublishing(Scenario saved, String place) throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger flips = new AtomicInteger();
    ExecutorService publisher = Executors.newSingleThreadExecutor();
    try {
      Future<?> publishing =
          publisher.submit(
              () -> {
                while (!ended.get()) {
                  for (String view : views(saved)) {
                    saved.layers().recomputeFull(view);
                    saved.layers().publish(view);
                  }
                  flips.incrementAndGet();
                }
                return null;
              });
      Backup.Result result = backup(saved, place);
      ended.set(true);
      publishing.get();
      assertThat(flips).hasPositiveValue();
      return result;
    } finally {
      ended.set(true);
      publisher.shutdown();
    }
  }

  private static List<String> views(Scenario saved) {
    return List.of(saved.view("action_metrics"), saved.view("daily_sales"));
  }

  private void restore(
      Scenario saved, String place, Backup.Result first, Backup.Result newest, BatchRun second)
      throws Exception {
    try (Sandbox empty = Sandbox.start(Duration.ofSeconds(1))) {
      Layers sameKafka = layers(empty, saved.bootstrapServers(), saved.type().topic());
      Restore restore = new Restore(sameKafka.config());
      assertThatThrownBy(
              () -> restore.run(place, Optional.of("20260101T000000Z-00000000"), Set.of()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("Cannot find backup 20260101T000000Z-00000000");

      Restore.Result restored = restore.run(place, Optional.empty(), Set.of());
      assertThat(restored.id()).isEqualTo(newest.id()).isNotEqualTo(first.id());
      List<Version> versions =
          restored.versions().stream()
              .filter(v -> views(saved).contains(v.shape().name()))
              .toList();
      assertThat(versions).hasSize(2);
      assertThatThrownBy(() -> restore.run(place, Optional.empty(), Set.of()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected a cluster that holds nothing of the stack, found");

      // Every page is what was written, and the runs are those that versions were computed from.
      assertThat(
              new Audit(sameKafka.config(), Clock.systemUTC())
                  .run(saved.type().topic(), Audit.Scope.DEEP, () -> versions)
                  .isClean())
          .isTrue();

      try (LambdaClient client = sameKafka.client()) {
        sameAsTheVersions(saved, client, second);

        // Kafka has what is behind the horizon: the speed job brings it back.
        try (RunningSpeedJob speed = sameKafka.startSpeed()) {
          sameKafka.awaitComplete(client);
          saved.produceOver(1, 150);
          sameKafka.awaitFresh(client, saved.ledger().lastAppended());
          sameAnswers(saved.oracle(), client, "after the restore");

          sameKafka.batch();
          sameKafka.awaitFresh(client, saved.ledger().lastAppended());
          sameAnswers(saved.oracle(), client, "after a batch run behind the restore");
          speed.checkAlive();
        }
      }
    }

    anotherKafkaIsRefused(saved, place, second);
  }

  /** A version alone answers, says what it lacks, and is refused where nobody allowed that. */
  private static void sameAsTheVersions(Scenario saved, LambdaClient client, BatchRun second)
      throws Exception {
    for (String view : views(saved)) {
      assertThatThrownBy(() -> client.queryAll(view, Instant.MIN, Instant.MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining("no speed generation of view " + view + " answers yet");

      Answer there = client.queryAll(view, Instant.MIN, Instant.MAX, Incomplete.ALLOW);
      Provenance provenance = there.provenance();
      assertThat(provenance.complete()).isFalse();
      assertThat(provenance.freshness())
          .isEqualTo(second.versions().get(0).horizon().instant(Duration.ofSeconds(1)));
      long number = provenance.version().orElseThrow().number();
      assertThat(there.rows())
          .isNotEmpty()
          .isEqualTo(
              saved.client().queryAllOfVersion(view, number, Instant.MIN, Instant.MAX).rows());
    }
  }

  private void anotherKafkaIsRefused(Scenario saved, String place, BatchRun second)
      throws Exception {
    try (Sandbox empty = Sandbox.start(Duration.ofSeconds(1))) {
      String topic = saved.type().topic();
      empty.clusters().kafka().createTopic(topic, Scenario.PARTITIONS);
      Layers newKafka = layers(empty, empty.clusters().kafka().bootstrapServers(), topic);
      new Restore(newKafka.config()).run(place, Optional.empty(), Set.of());

      try (LambdaClient client = newKafka.client()) {
        assertThatThrownBy(newKafka::archive)
            .isInstanceOf(LambdaException.class)
            .hasMessageContaining("was deleted and made again");
        assertThatThrownBy(() -> newKafka.startSpeed().close())
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("was deleted and made again");
        sameAsTheVersions(saved, client, second);
      }
    }
  }

  private static void sameAnswers(Oracle oracle, LambdaClient client, String when)
      throws Exception {
    Verdict verdict = oracle.compare(client);
    System.out.printf("saved, %s: %s%n", when, verdict);
    assertThat(verdict.differences()).as(when).isEmpty();
    assertThat(verdict.windows()).isPositive();
  }

  private static Layers layers(Sandbox sandbox, String brokers, String topic) throws Exception {
    Configuration conf = sandbox.configuration();
    conf.set("lambda.kafka.bootstrap-servers", brokers);
    conf.set("lambda.speed.checkpoint-interval", "200ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    conf.set("lambda.clock-skew", "1s");
    conf.set("lambda.read.cache", "0ms");
    return new Layers(LambdaConfig.of(conf), topic, ViewsLoader.FROM_CLASS_PATH);
  }

  private static Backup.Result backup(Scenario scenario, String place) throws Exception {
    return new Backup(scenario.layers().config(), Clock.systemUTC()).run(place);
  }

  private static void allowSnapshots(LambdaConfig config) throws Exception {
    org.apache.hadoop.fs.Path master = new org.apache.hadoop.fs.Path(config.master().folder());
    DistributedFileSystem hdfs = (DistributedFileSystem) FileSystem.get(config.hadoop());
    hdfs.mkdirs(master);
    hdfs.allowSnapshot(master);
  }
}
