package dev.lambdastack.speed.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SpeedStartTest {
  private static final View VIEW = TestingPlans.views().get(0);
  private static final Duration EPOCH = TestingPlans.EPOCH;
  private static final Instant NOW = Instant.ofEpochMilli(5_050);

  @Test
  void withoutVersionsAWholeLogIsReadFromItsBeginningAndCoversEverything() {
    assertThat(decide(List.of(), log(Map.of(0, 0L, 1, 0L), OptionalLong.of(1_234))))
        .isEqualTo(new SpeedStart(Map.of(0, 0L, 1, 0L), 0, 0, 12));
  }

  @Test
  void anEmptyTopicHasNoCellBeforeNow() {
    assertThat(decide(List.of(), log(Map.of(0, 0L), OptionalLong.empty())))
        .isEqualTo(new SpeedStart(Map.of(0, 0L), 0, 0, 50));
  }

  @Test
  void whereRecordsAreGoneTheEpochAfterTheOldestIsTheFirstWholeOne() {
    assertThat(decide(List.of(), log(Map.of(0, 7L, 1, 0L), OptionalLong.of(1_234))))
        .isEqualTo(new SpeedStart(Map.of(0, 7L, 1, 0L), 0, 13, 13));
  }

  @Test
  void itBeginsAtTheOldestKeptVersionThatKafkaStillReaches() {
    SpeedStart.Log log = log(Map.of(0, 5L, 1, 0L), OptionalLong.of(900));
    List<Version> versions =
        List.of(
            version(1, 8, Map.of(0, 4L, 1, 3L)),
            version(2, 10, Map.of(0, 5L, 1, 6L)),
            version(3, 12, Map.of(0, 9L, 1, 9L)));
    assertThat(decide(versions, log))
        .isEqualTo(new SpeedStart(Map.of(0, 5L, 1, 6L), 1_000, 10, 10));
  }

  @Test
  void whereKafkaReachesNoVersionItIsRefusedWithTheNumbers() {
    SpeedStart.Log log = log(Map.of(0, 10L), OptionalLong.of(900));
    assertThatThrownBy(() -> decide(List.of(version(3, 12, Map.of(0, 9L))), log))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Cannot start the speed job of view action_metrics: Kafka no longer has the records that follow any of its 1 versions (the newest, 3, ends at {0=9}; topic orders begins at {0=10}); run archive, recompute and publish first");
  }

  @Test
  void aPartitionThatWasAddedAfterTheVersionIsReadFromItsFirstRecord() {
    SpeedStart.Log log = log(Map.of(0, 0L, 1, 0L), OptionalLong.of(900));
    assertThat(decide(List.of(version(3, 12, Map.of(0, 9L))), log))
        .isEqualTo(new SpeedStart(Map.of(0, 9L, 1, 0L), 1_200, 12, 12));
  }

  @Test
  void whereItsFirstRecordsAreGoneTheVersionIsNoStart() {
    SpeedStart.Log log = log(Map.of(0, 0L, 1, 1L), OptionalLong.of(900));
    assertThatThrownBy(() -> decide(List.of(version(3, 12, Map.of(0, 9L))), log))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void aVersionOfPartitionsThatAreNoneIsNoStart() {
    SpeedStart.Log log = log(Map.of(0, 0L), OptionalLong.of(900));
    assertThatThrownBy(() -> decide(List.of(version(3, 12, Map.of(0, 9L, 1, 0L))), log))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void anotherEpochLengthIsRefusedWithBoth() {
    assertThatThrownBy(
            () ->
                SpeedStart.decide(
                    VIEW.name(),
                    List.of(version(1, 8, Map.of(0, 0L))),
                    Optional.empty(),
                    log(Map.of(0, 0L), OptionalLong.empty()),
                    Duration.ofSeconds(1),
                    NOW))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lambda.epoch=1000ms")
        .hasMessageContaining("version 1 has epochs of 100ms");
    Generation published = TestingPlans.from(Map.of(0, 0L), 0).slots().get(0).generation();
    assertThatThrownBy(
            () ->
                SpeedStart.decide(
                    VIEW.name(),
                    List.of(),
                    Optional.of(
                        new PublishedRow(VIEW.name(), 1, Optional.empty(), Optional.of(published))),
                    log(Map.of(0, 0L), OptionalLong.empty()),
                    Duration.ofSeconds(1),
                    NOW))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("what is published has epochs of 100ms");
  }

  @Test
  void oneSourceBeginsEarlyEnoughForAllViews() {
    assertThat(
            SpeedStart.earliest(
                List.of(
                    new SpeedStart(Map.of(0, 5L, 1, 6L), 1_000, 10, 10),
                    new SpeedStart(Map.of(0, 9L, 1, 6L), 1_200, 12, 12))))
        .isEqualTo(new SpeedStart(Map.of(0, 5L, 1, 6L), 1_000, 10, 10));
  }

  private static SpeedStart decide(List<Version> versions, SpeedStart.Log log) {
    return SpeedStart.decide(VIEW.name(), versions, Optional.empty(), log, EPOCH, NOW);
  }

  private static SpeedStart.Log log(Map<Integer, Long> begins, OptionalLong oldest) {
    return new SpeedStart.Log("orders", new TreeSet<>(begins.keySet()), begins, oldest);
  }

  private static Version version(long number, long horizon, Map<Integer, Long> offsets) {
    return new Version(
        number,
        "lambda:action_metrics.v" + number,
        VIEW.fingerprint(),
        VIEW.shape(),
        new Horizon(horizon, offsets),
        EPOCH,
        number,
        "digest",
        Version.Counts.of(1, 1),
        Instant.EPOCH,
        Optional.empty());
  }
}
