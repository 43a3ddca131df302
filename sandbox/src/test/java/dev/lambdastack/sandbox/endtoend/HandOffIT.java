package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.BatchRun;
import dev.lambdastack.sandbox.produce.Lateness;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Horizon;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSandbox.class)
final class HandOffIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void lateEventsBeforeAndAfterTheHorizonMovesAreCountedOnce() throws Exception {
    try (Scenario late = Scenario.open("late", 20240220)) {
      late.produceOver(3, 200);
      Horizon first = horizon(late.batch());
      try (RunningSpeedJob speed = late.layers().startSpeed()) {
        late.produceOver(3, 200);
        late.awaitFresh();
        late.check("late events behind the first horizon");
        Lateness before = lateness(late, first);
        Horizon second = horizon(late.batch());
        assertThat(second.epoch()).isGreaterThan(first.epoch());
        late.produceOver(3, 200);
        late.awaitFresh();
        late.check("late events on both sides of the second horizon");
        Lateness after = lateness(late, second);
        System.out.printf(
            "late: %d epochs, %d partitions; first horizon %d late in batch, %d in speed; second %d in batch, %d in speed%n",
            late.epochs(),
            late.ledger().ends().size(),
            before.lateInBatch(),
            before.lateInSpeed(),
            after.lateInBatch(),
            after.lateInSpeed());
        assertThat(late.epochs()).isGreaterThanOrEqualTo(9);
        assertThat(late.ledger().ends()).hasSize(Scenario.PARTITIONS);
        assertThat(List.of(before.lateInBatch(), before.lateInSpeed())).allMatch(n -> n > 30);
        assertThat(List.of(after.lateInBatch(), after.lateInSpeed())).allMatch(n -> n > 30);
        assertThat(speed.generations()).hasSize(2);
        // All that was late in speed at first is in batch now.
        assertThat(after.lateInBatch()).isEqualTo(before.late());
      }
    }
  }

  @Test
  void aDuplicateArchiveRunArchivesNothingTwice() throws Exception {
    try (Scenario twice = Scenario.open("twice", 7)) {
      twice.produceOver(3, 150);
      List<ArchiveResult> archived = new ArrayList<>(archiveTwiceAtOnce(twice));
      archived.add(twice.layers().archive());
      archived.add(twice.layers().archive());
      long events = archived.stream().mapToLong(ArchiveResult::events).sum();
      System.out.printf(
          "twice: %d runs that ended well archived %s events%n",
          archived.size(), archived.stream().map(ArchiveResult::events).toList());
      assertThat(events).isEqualTo(twice.ledger().size());
      assertThat(archived.get(archived.size() - 1).events()).isZero();
      BatchRun batch = twice.batch();
      assertThat(batch.versions()).allMatch(v -> v.events() == twice.ledger().size());
      try (RunningSpeedJob speed = twice.layers().startSpeed()) {
        twice.layers().awaitComplete(twice.client());
        twice.awaitFresh();
        twice.check("after five archive runs");
        assertThat(speed.resumedFrom()).isEmpty();
      }
    }
  }

  /** What the runs did that were not beaten; of two at once at least one is not. */
  private static List<ArchiveResult> archiveTwiceAtOnce(Scenario scenario) throws Exception {
    ExecutorService runs = Executors.newFixedThreadPool(2);
    try {
      Callable<ArchiveResult> run = () -> scenario.layers().archive();
      List<ArchiveResult> done = new ArrayList<>();
      for (Future<ArchiveResult> future : runs.invokeAll(List.of(run, run))) {
        try {
          done.add(future.get());
        } catch (ExecutionException e) {
          assertThat(e.getCause()).hasMessageContaining("Another run has archived");
        }
      }
      assertThat(done).isNotEmpty();
      return done;
    } finally {
      runs.shutdown();
    }
  }

  @Test
  void aCorruptRecordIsSetAsideAndEverythingElseIsCounted() throws Exception {
    try (Scenario corrupt = Scenario.open("corrupt", 99)) {
      corrupt.produce(150);
      garbage(corrupt, 0);
      corrupt.produceOver(2, 150);
      BatchRun batch = corrupt.batch();
      assertThat(batch.archived().deadLetters()).isEqualTo(1);
      assertThat(batch.archived().events()).isEqualTo(corrupt.ledger().size());
      try (RunningSpeedJob speed = corrupt.layers().startSpeed()) {
        corrupt.produce(150);
        garbage(corrupt, 1);
        garbage(corrupt, 2);
        corrupt.produceOver(2, 150);
        corrupt.awaitFresh();
        corrupt.check("with corrupt records on both sides of the horizon");
        speed.checkAlive();
        assertThat(corrupt.batch().archived().deadLetters()).isEqualTo(2);
        corrupt.check("with all corrupt records set aside by batch");
      }
    }
  }

  private static void garbage(Scenario scenario, int partition) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", scenario.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      byte[] noEvent = {(byte) 0xC3, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 9};
      producer.send(new ProducerRecord<>(scenario.type().topic(), partition, null, noEvent)).get();
    }
  }

  @Test
  void aHorizonBeforeTheSpeedCoverageIsRefused() throws Exception {
    try (Scenario coverage = Scenario.open("coverage", 4)) {
      coverage.produceOver(2, 100);
      BatchRun first = coverage.batch();
      try (RunningSpeedJob speed = coverage.layers().startSpeed()) {
        coverage.produceOver(2, 100);
        coverage.awaitFresh();
        coverage.check("before the speed job goes down");
        assertThat(speed.generations()).isNotEmpty();
      }
      // Down for epochs; then retention takes what only the first version would need.
      coverage.produceOver(3, 100);
      BatchRun second = coverage.batch();
      deleteBefore(coverage, horizon(second));
      try (RunningSpeedJob speed =
          coverage.layers().startSpeed(SpeedOptions.defaults().withFresh(true))) {
        coverage.produceOver(2, 100);
        awaitGeneration(coverage, speed);
        coverage.awaitFresh();
        coverage.check("after a fresh start");
        assertThat(speed.generations()).allMatch(g -> g.coverage() > horizon(first).epoch());
        for (String view : List.of("action_metrics", "daily_sales")) {
          assertThatThrownBy(() -> rollback(coverage, coverage.view(view), first))
              .isInstanceOf(HandoffException.class)
              .hasMessageContaining(coverage.view(view));
        }
        coverage.check("after the refused rollback");
      }
    }
  }

  private static void rollback(Scenario scenario, String view, BatchRun to) throws Exception {
    long number =
        to.versions().stream()
            .filter(v -> v.shape().name().equals(view))
            .findFirst()
            .orElseThrow()
            .number();
    scenario.layers().rollback(view, number);
    // Had it gone through, this would miss what was produced between the horizon and the coverage.
    Provenance from =
        scenario.client().queryAll(view, Instant.MIN, Instant.MAX, Incomplete.ALLOW).provenance();
    System.out.println("rolled back to " + from);
  }

  private static void awaitGeneration(Scenario scenario, RunningSpeedJob speed) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
      speed.awaitApplied(log.endOffsets(), LIMIT);
    }
  }

  private static void deleteBefore(Scenario scenario, Horizon horizon) throws Exception {
    Map<TopicPartition, RecordsToDelete> deletions = new HashMap<>();
    horizon
        .offsets()
        .forEach(
            (partition, offset) ->
                deletions.put(
                    new TopicPartition(scenario.type().topic(), partition),
                    RecordsToDelete.beforeOffset(offset)));
    try (Admin admin = scenario.sandbox().clusters().kafka().admin()) {
      admin.deleteRecords(deletions).all().get();
    }
  }

  private static Horizon horizon(BatchRun batch) {
    return batch.versions().get(0).horizon();
  }

  private static Lateness lateness(Scenario scenario, Horizon horizon) {
    return Lateness.of(scenario.ledger().entries(), horizon.offsets());
  }
}
