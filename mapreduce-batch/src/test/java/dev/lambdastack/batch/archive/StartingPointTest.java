package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Adoptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StartingPointTest {
  private static final Duration EPOCH = Duration.ofMinutes(10);
  private static final Instant MIN = Instant.parse("1990-01-01T00:00:00Z");

  private static ArchiveRun last(OptionalInt leaderEpoch) {
    return new ArchiveRun(
        4,
        "sales",
        "topic-id",
        Optional.of("digest of 3"),
        "run",
        EPOCH,
        70,
        90,
        MIN,
        new TreeMap<>(
            Map.of(
                0, new PartitionRange(5, 100, leaderEpoch, new TreeMap<>(Map.of(71L, 100L))),
                1, new PartitionRange(7, 7, leaderEpoch, new TreeMap<>(Map.of(71L, 7L))))),
        "0123456789abcdef",
        9,
        new ArchiveRun.Counts(0, 0, 0, 0),
        Instant.EPOCH);
  }

  private static LogState log(String id, Map<Integer, Long> begin, Map<Integer, Long> end) {
    return new LogState("sales", id, begin, end, Set.of());
  }

  private static StartingPoint of(
      Optional<ArchiveRun> last, LogState log, Duration epochLength, Instant eventTimeMin) {
    return StartingPoint.of(
        last, log, Adoptions.atFirst(Set.of(0, 1)), Gaps.REFUSED, epochLength, eventTimeMin);
  }

  /** The last run ends at epoch 90. */
  private static StartingPoint withAdded(long begin, long epoch) {
    return withAdded(begin, epoch, Gaps.REFUSED);
  }

  private static StartingPoint withAdded(long begin, long epoch, Gaps gaps) {
    LogState log =
        log("topic-id", Map.of(0, 12L, 1, 0L, 2, begin), Map.of(0, 500L, 1, 8L, 2, begin + 5));
    Adoptions adoptions =
        Adoptions.atFirst(Set.of(0, 1))
            .with(Set.of(2), Instant.EPOCH.plus(EPOCH.multipliedBy(epoch)));
    return StartingPoint.of(Optional.of(last(OptionalInt.of(3))), log, adoptions, gaps, EPOCH, MIN);
  }

  @Test
  void aPartitionThatWasAddedIsTakenFromItsFirstRecord() {
    StartingPoint start = withAdded(0, 93);
    assertThat(start.partitions())
        .isEqualTo(
            Map.of(
                0, new PartitionStart(100, OptionalInt.of(3), 0, 0),
                1, new PartitionStart(7, OptionalInt.of(3), 0, 0),
                2, new PartitionStart(0, OptionalInt.empty(), 93, 0)));
    assertThat(withAdded(0, 90).partitions().get(2).firstEpoch()).isEqualTo(90);
  }

  @Test
  void refusesAPartitionThatCountsFromWhatIsArchivedAlready() {
    assertThatThrownBy(() -> withAdded(0, 89))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("partition 2 was added and counts from epoch 89 on")
        .hasMessageContaining("ends at epoch 90");
  }

  @Test
  void refusesAnAddedPartitionWhoseFirstRecordsAreGone() {
    assertThatThrownBy(() -> withAdded(3, 93))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("retention has removed records of partition 2")
        .hasMessageContaining("3 offsets are lost");
  }

  @Test
  void acceptsWhatIsGoneWhereSomebodySaysSo() {
    LogState log = log("topic-id", Map.of(0, 130L, 1, 7L), Map.of(0, 500L, 1, 8L));
    StartingPoint start =
        StartingPoint.of(
            Optional.of(last(OptionalInt.of(3))),
            log,
            Adoptions.atFirst(Set.of(0, 1)),
            Gaps.ACCEPTED,
            EPOCH,
            MIN);
    // The record at 100 is gone: what is read begins at another one.
    assertThat(start.partitions())
        .isEqualTo(
            Map.of(
                0, new PartitionStart(100, OptionalInt.empty(), 0, 30),
                1, new PartitionStart(7, OptionalInt.of(3), 0, 0)));
    assertThat(start.partitions().get(0).readFrom()).isEqualTo(130);
    assertThat(withAdded(3, 93, Gaps.ACCEPTED).partitions().get(2))
        .isEqualTo(new PartitionStart(0, OptionalInt.empty(), 93, 3));
  }

  @Test
  void withoutARunItIsOffsetZeroWhateverRetentionHasTaken() {
    LogState log = log("topic-id", Map.of(0, 12L, 1, 0L), Map.of(0, 50L, 1, 0L));
    StartingPoint start = of(Optional.empty(), log, EPOCH, MIN);
    assertThat(start.number()).isEqualTo(1);
    assertThat(start.previous()).isEmpty();
    assertThat(start.fromEpoch()).isZero();
    assertThat(start.partitions())
        .isEqualTo(
            Map.of(
                0, new PartitionStart(0, OptionalInt.empty(), 0, 12),
                1, new PartitionStart(0, OptionalInt.empty(), 0, 0)));
  }

  @Test
  void elseItIsWhereTheLastRunEnds() {
    LogState log = log("topic-id", Map.of(0, 12L, 1, 0L), Map.of(0, 500L, 1, 8L));
    StartingPoint start = of(Optional.of(last(OptionalInt.of(3))), log, EPOCH, MIN);
    assertThat(start.number()).isEqualTo(5);
    assertThat(start.previous()).hasValue(last(OptionalInt.of(3)).digest());
    assertThat(start.fromEpoch()).isEqualTo(90);
    assertThat(start.partitions())
        .isEqualTo(
            Map.of(
                0, new PartitionStart(100, OptionalInt.of(3), 0, 0),
                1, new PartitionStart(7, OptionalInt.of(3), 0, 0)));
  }

  private static void assertRefused(
      LogState log, Duration epoch, OptionalInt leaderEpoch, String... parts) {
    var thrown =
        assertThatThrownBy(() -> of(Optional.of(last(leaderEpoch)), log, epoch, MIN))
            .isInstanceOf(InvalidInputException.class);
    for (String part : parts) {
      thrown.hasMessageContaining(part);
    }
  }

  @Test
  void refusesALogThatWasCutOff() {
    Map<Integer, Long> begin = Map.of(0, 0L, 1, 0L);
    // The record at 100 was seen; now the log ends before it.
    assertRefused(
        log("topic-id", begin, Map.of(0, 100L, 1, 8L)),
        EPOCH,
        OptionalInt.of(3),
        "cut off",
        "at least 101, found 100");
    assertRefused(
        log("topic-id", begin, Map.of(0, 99L, 1, 8L)), EPOCH, OptionalInt.empty(), "at least 100");
    LogState byClock = log("topic-id", begin, Map.of(0, 100L, 1, 7L));
    assertThat(of(Optional.of(last(OptionalInt.empty())), byClock, EPOCH, MIN).partitions())
        .isEqualTo(
            Map.of(
                0, new PartitionStart(100, OptionalInt.empty(), 0, 0),
                1, new PartitionStart(7, OptionalInt.empty(), 0, 0)));
  }

  /** Offsets alone do not tell: it has grown past where it was cut off. */
  @Test
  void refusesALogThatWasCutOffAndHasGrownAgain() {
    Map<Integer, Long> begin = Map.of(0, 0L, 1, 0L);
    Map<Integer, Long> end = Map.of(0, 500L, 1, 8L);
    assertRefused(
        new LogState("sales", "topic-id", begin, end, Set.of(1)),
        EPOCH,
        OptionalInt.of(3),
        "log of partition 1 was cut off, and has other records since",
        "leader epoch 3 at offset 7");
  }

  @Test
  void refusesWhatIsNotTheSameLog() {
    Map<Integer, Long> begin = Map.of(0, 0L, 1, 0L);
    Map<Integer, Long> end = Map.of(0, 500L, 1, 8L);
    OptionalInt none = OptionalInt.empty();
    assertRefused(
        log("topic-id", begin, end),
        Duration.ofMinutes(5),
        none,
        "lambda.epoch=300000ms",
        "epochs of 600000ms");
    assertRefused(log("other", begin, end), EPOCH, none, "expected topic id topic-id, found other");
    assertRefused(log("topic-id", Map.of(0, 101L, 1, 0L), end), EPOCH, none, "1 offsets are lost");
    assertRefused(
        log("topic-id", Map.of(0, 0L), Map.of(0, 500L)), EPOCH, none, "expected [0, 1], found [0]");
  }

  /** Else the archive and a speed job that still runs would take different events. */
  @Test
  void refusesAnotherEarliestEventTime() {
    LogState log = log("topic-id", Map.of(0, 0L, 1, 0L), Map.of(0, 500L, 1, 8L));
    assertThatThrownBy(
            () -> of(Optional.of(last(OptionalInt.of(3))), log, EPOCH, MIN.plusMillis(1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lambda.event-time.min=1990-01-01T00:00:00.001Z")
        .hasMessageContaining("set lambda.event-time.min=1990-01-01T00:00:00Z");
  }
}
