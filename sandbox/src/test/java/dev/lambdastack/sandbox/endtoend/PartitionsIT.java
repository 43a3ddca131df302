package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.log.PartitionsAddedException;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.log.agreement.TopicAgreement;
import dev.lambdastack.sandbox.BatchRun;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.handoff.Adoptions;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A topic that gets more partitions while events flow. */
@ExtendWith(SharedSandbox.class)
final class PartitionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void addedPartitionsAreCountedOnceWhicheverLayerComesFirst() throws Exception {
    try (Scenario grown = Scenario.open("grown", 17)) {
      grown.produceOver(2, 150);
      grown.batch();
      List<Generation> generations;
      try (RunningSpeedJob speed = grown.layers().startSpeed()) {
        generations = speed.generations();
        grown.produceOver(1, 150);
        grown.awaitFresh();
        grown.check("with three partitions");
      }
      archiveFirst(grown);
      try (RunningSpeedJob speed = grown.layers().startSpeed()) {
        assertThat(speed.resumedFrom()).isPresent();
        assertThat(speed.generations()).isEqualTo(generations);
        grown.produceOver(1, 150);
        awaitAll(grown);
        grown.check("with a fourth, which the archive took first");
        grown.grow(6);
        while (!speed.hasEnded()) {
          grown.produce(20);
        }
        assertThatThrownBy(speed::awaitEnd).isInstanceOf(PartitionsAddedException.class);
      }
      grown.produce(100);
      try (RunningSpeedJob speed = grown.layers().startSpeed()) {
        assertThat(speed.generations()).isEqualTo(generations);
        grown.produceOver(1, 150);
        awaitAll(grown);
        grown.check("with six, which the speed job took first");
        assertThat(early(grown, 4) + early(grown, 5)).isGreaterThan(20);
        BatchRun batch = grown.batch();
        grown.check("with six, in batch");
        assertThat(batch.versions())
            .allMatch(v -> v.horizon().offsets().keySet().equals(adoptions(grown).partitions()))
            .allMatch(v -> v.events() > 0);
        grown.produceOver(1, 150);
        grown.awaitFresh();
        grown.check("with six, after the flip");
        assertThat(speed.generations()).isEqualTo(generations);
      }
    }
  }

  /** The horizon passes the adoption before the speed job hears of the partition. */
  private static void archiveFirst(Scenario grown) throws Exception {
    grown.grow(4);
    grown.produceOver(1, 150);
    ArchiveResult archived = grown.layers().archive();
    assertThat(archived.added()).containsExactly(3);
    Instant adopted = Instant.ofEpochMilli(adoptions(grown).floorMillis(3));
    assertThat(early(grown, 3)).isGreaterThan(20);
    grown.layers().batch();
    // What nobody but the batch layer reads is not said to be whole from speed.
    Provenance said = grown.client().describe(grown.view("daily_sales")).provenance();
    assertThat(said.freshness())
        .isBeforeOrEqualTo(said.horizon().isAfter(adopted) ? said.horizon() : adopted);
    grown.layers().awaitEpochAfter(adopted);
    grown.produceOver(1, 150);
    BatchRun batch = grown.batch();
    assertThat(batch.versions())
        .allMatch(v -> v.horizon().offsets().get(3) > 0)
        .allMatch(v -> v.events() == grown.ledger().size());
  }

  private static Adoptions adoptions(Scenario scenario) {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(scenario.bootstrapServers(), LIMIT), scenario.type().topic())) {
      return TopicAgreement.of(scenario.layers().config(), log.topic(), log.topicId())
          .read()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many events of the partition were appended before it counts. */
  private static long early(Scenario scenario, int partition) {
    long floor = adoptions(scenario).floorMillis(partition);
    return scenario.ledger().entries().stream()
        .filter(e -> e.partition() == partition && e.appended().toEpochMilli() < floor)
        .count();
  }

  /** Those that came before the adoption have its log time. */
  private static void awaitAll(Scenario scenario) throws Exception {
    Instant last = scenario.ledger().lastAppended();
    for (Instant floor : adoptions(scenario).floors().values()) {
      last = floor.isAfter(last) ? floor : last;
    }
    scenario.layers().awaitFresh(scenario.client(), last);
  }
}
