package dev.lambdastack.views.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.TestRows;
import dev.lambdastack.views.TestTypes;
import dev.lambdastack.views.ViewShape;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The rules of publish, take-over, roll-back and read, one by one. */
class PublishedRowTest {
  private static final String OLD = "0a".repeat(32);
  private static final String NEW = "0b".repeat(32);
  private static final Duration NO_SKEW = Duration.ZERO;
  private static final Instant NOW = at(120);

  private static Instant at(long epoch) {
    return new Epoch(epoch, TestRows.EPOCH).start();
  }

  private static Version version(long number, String fingerprint, long horizon) {
    return TestRows.version(number, fingerprint, horizon, Map.of(0, horizon * 10, 1, horizon * 20));
  }

  private static Generation generation(long number, String fingerprint, long coverage) {
    return TestRows.generation(
        number, fingerprint, coverage, Map.of(0, coverage * 10, 1, coverage * 20));
  }

  /** Everything before this epoch is applied. */
  private static Progress upTo(long epoch) {
    long millis = at(epoch).toEpochMilli();
    return new Progress(
        Map.of(
            0, new Progress.Applied(epoch * 10, millis),
            1, new Progress.Applied(epoch * 20, millis + 7)));
  }

  private static PublishedRow row(Version version, Generation generation) {
    return new PublishedRow(
        "daily_sales", 5, Optional.ofNullable(version), Optional.ofNullable(generation));
  }

  private static PublishedRow.Known known(PublishedRow row, Object... generationsAndProgress) {
    Map<Generation, Progress> generations = new HashMap<>();
    for (int i = 0; i < generationsAndProgress.length; i += 2) {
      generations.put(
          (Generation) generationsAndProgress[i], (Progress) generationsAndProgress[i + 1]);
    }
    return new PublishedRow.Known(Optional.ofNullable(row), generations);
  }

  private static PublishedRow publish(PublishedRow.Known known, Version version) {
    return PublishedRow.publish(known, version, false, NOW, NO_SKEW);
  }

  private static void assertRefused(PublishedRow.Known known, Version version, String message) {
    assertThatThrownBy(() -> publish(known, version))
        .isInstanceOf(HandoffException.class)
        .hasMessage(message);
  }

  @Test
  void theFirstVersionIsPublishedWhetherOrNotSpeedRuns() {
    Version first = version(1, OLD, 100);
    assertThat(publish(known(null), first))
        .isEqualTo(new PublishedRow("daily_sales", 1, Optional.of(first), Optional.empty()));
    Generation behind = generation(1, OLD, 90);
    assertThat(publish(known(null, behind, upTo(95)), first).generation()).isEmpty();
    assertThat(publish(known(null, behind, upTo(101)), first).generation()).contains(behind);
  }

  @Test
  void aNewVersionKeepsTheGenerationThatReachesIt() {
    Generation g1 = generation(1, OLD, 90);
    PublishedRow after =
        publish(known(row(version(1, OLD, 100), g1), g1, upTo(105)), version(2, OLD, 110));
    assertThat(after.flips()).isEqualTo(6);
    assertThat(after.generation()).contains(g1);
    assertThat(after.horizonEpoch()).isEqualTo(110);
  }

  private static Version losing(Version v, LostOffsets lost) {
    return v.with(new Version.Counts(v.rows(), v.events(), lost, 0, 0));
  }

  private static LostOffsets takenAway(PublishedRow row, Version next) {
    return row.takenAwayBy(next, at(1), NO_SKEW);
  }

  @Test
  void takesAwayWhatIsLostToTheNextVersionAndNotToTheAnswersOfNow() {
    LostOffsets lost = LostOffsets.NONE.with(0, 0, 50).with(1, 0, 9);
    Version next = losing(version(2, OLD, 110), lost);
    Generation fromTheStart = TestRows.generation(1, OLD, 0, Map.of(0, 0L, 1, 0L));
    Generation late = TestRows.generation(1, OLD, 0, Map.of(0, 50L, 1, 9L));

    assertThat(takenAway(row(null, fromTheStart), next)).isEqualTo(lost);
    assertThat(takenAway(row(null, late), next).isEmpty()).isTrue();

    // What another version before holds, a generation behind it or none.
    Version whole = version(1, OLD, 2);
    LostOffsets all = LostOffsets.NONE.with(0, 0, 20).with(0, 20, 50).with(1, 0, 9);
    assertThat(takenAway(row(whole, fromTheStart), next).count()).isEqualTo(all.count());
    assertThat(takenAway(row(whole, null), next))
        .isEqualTo(LostOffsets.NONE.with(0, 0, 20).with(1, 0, 9));
    assertThat(
            takenAway(row(losing(whole, lost.before(whole.horizon().offsets())), null), next)
                .isEmpty())
        .isTrue();
    assertThat(takenAway(row(losing(version(1, OLD, 100), lost), fromTheStart), next).isEmpty())
        .isTrue();
  }

  /** Who answers nothing has nothing to lose. */
  @Test
  void cellsThatHaveExpiredAreNotTakenAway() {
    Version next = losing(version(2, OLD, 110), LostOffsets.NONE.with(0, 0, 50));
    Generation generation = TestRows.generation(1, OLD, 0, Map.of(0, 0L, 1, 0L));
    assertThat(
            row(null, generation)
                .takenAwayBy(next, at(1).plus(TestRows.RETENTION), NO_SKEW)
                .isEmpty())
        .isTrue();
  }

  @Test
  void aHorizonThatStepsBackIsRefusedUnlessForced() {
    Generation g1 = generation(1, OLD, 90);
    PublishedRow.Known known = known(row(version(2, OLD, 110), g1), g1, upTo(115));
    assertRefused(
        known,
        version(3, OLD, 105),
        "Cannot publish version 3 of view daily_sales: its horizon (epoch 105) lies before that of version 2 (epoch 110); recompute, or roll back to an older version on purpose");
    assertThat(PublishedRow.publish(known, version(3, OLD, 105), true, NOW, NO_SKEW).horizonEpoch())
        .isEqualTo(105);
    assertThat(publish(known, version(3, OLD, 110)).horizonEpoch()).isEqualTo(110);
  }

  @Test
  void aHorizonBeforeTheCoverageIsRefused() {
    Generation g1 = generation(1, OLD, 100);
    assertRefused(
        known(row(null, g1), g1, upTo(110)),
        version(1, OLD, 99),
        "Cannot publish version 1 of view daily_sales: view daily_sales has no answer for events appended in [1970-01-01T16:30:00Z, 1970-01-01T16:40:00Z): batch ends at epoch 99, speed generation 1 begins at epoch 100; run archive, recompute and publish to move the horizon");
    assertThat(publish(known(row(null, g1), g1, upTo(110)), version(1, OLD, 100))).isNotNull();
  }

  @Test
  void aHorizonBeforeTheStartOffsetsIsRefusedWhateverTheCoverageSays() {
    Generation tooSure = TestRows.generation(1, OLD, 90, Map.of(0, 900L, 1, 2001L));
    assertRefused(
        known(row(null, tooSure), tooSure, upTo(110)),
        version(1, OLD, 100),
        "Cannot publish version 1 of view daily_sales: view daily_sales has no answer for offsets [2000, 2001) of partition 1: batch ends before them, speed generation 1 begins behind them; run archive, recompute and publish to move the horizon");
    assertThat(row(version(1, OLD, 100), tooSure).incompleteBecause(NOW, NO_SKEW)).isPresent();
    assertThat(
            PublishedRow.takeOver(
                known(row(version(1, OLD, 100), null), tooSure, upTo(110)), tooSure))
        .isEmpty();
  }

  /** Partition 1 was added when generation 1 was there already. */
  @Test
  void aPartitionThatWasAddedIsReadFromItsFirstRecordOn() {
    Generation one = TestRows.generation(1, OLD, 90, Map.of(0, 900L));
    assertThat(row(version(1, OLD, 100), one).incompleteBecause(NOW, NO_SKEW)).isEmpty();
    Generation later = TestRows.generation(1, OLD, 90, Map.of(0, 900L, 1, 0L, 2, 0L));
    assertThat(row(version(1, OLD, 100), later).incompleteBecause(NOW, NO_SKEW)).isEmpty();
    Generation tooLate = TestRows.generation(1, OLD, 90, Map.of(0, 900L, 1, 0L, 2, 1L));
    assertThat(row(version(1, OLD, 100), tooLate).incompleteBecause(NOW, NO_SKEW))
        .hasValueSatisfying(why -> assertThat(why).contains("offsets [0, 1) of partition 2"));
  }

  @Test
  void untilItIsReadNothingIsSaidToBeFreshThatMayHoldIt() {
    Progress progress = new Progress(Map.of(0, new Progress.Applied(950, at(110).toEpochMilli())));
    assertThat(progress.freshness(Set.of(0, 1), NOW)).isEmpty();
  }

  @Test
  void withoutAVersionOnlyTheWholeLogAnswers() {
    assertThat(
            row(null, TestRows.generation(1, OLD, 0, Map.of(0, 0L)))
                .incompleteBecause(at(1), NO_SKEW))
        .isEmpty();
    assertThat(
            row(null, TestRows.generation(1, OLD, 0, Map.of(0, 3L)))
                .incompleteBecause(at(1), NO_SKEW))
        .contains(
            "view daily_sales has no answer for offsets [0, 3) of partition 0: batch ends before them, speed generation 1 begins behind them; run archive, recompute and publish to move the horizon");
  }

  @Test
  void cellsThatMayHaveExpiredAreRefused() {
    PublishedRow row = row(version(1, OLD, 100), generation(1, OLD, 90));
    Instant gone = at(101).plus(TestRows.RETENTION);
    assertThat(row.incompleteBecause(gone.minusMillis(1), NO_SKEW)).isEmpty();
    assertThat(row.incompleteBecause(gone, NO_SKEW))
        .contains(
            "view daily_sales: speed cells of epoch 100 may have expired at 1970-01-04T16:50:00Z (retention 3 days); run archive, recompute and publish to move the horizon");
    assertThat(row.incompleteBecause(gone.minusSeconds(5), Duration.ofSeconds(5))).isPresent();
    assertThat(row.incompleteBecause(gone.minusSeconds(6), Duration.ofSeconds(5))).isEmpty();
  }

  @Test
  void withoutAGenerationNothingAnswersForWhatFollowsTheHorizon() {
    assertThat(row(version(1, OLD, 100), null).incompleteBecause(NOW, NO_SKEW))
        .contains(
            "no speed generation of view daily_sales answers yet, so nothing holds the events appended since 1970-01-01T16:40:00Z: start the speed job, or wait until it has caught up");
  }

  @Test
  void aChangedDeclarationIsPublishedWithItsOwnGenerationOrNotAtAll() {
    Generation g1 = generation(1, OLD, 90);
    Generation g2 = generation(2, NEW, 95);
    PublishedRow old = row(version(1, OLD, 100), g1);
    Version changed = version(2, NEW, 101);
    String refusal =
        "Cannot publish version 2 of view daily_sales: no speed generation of its declaration (0b0b0b0b0b0b) with epochs of 10 minutes has caught up from epoch 101 on; start the speed job with the same view jar and lambda.epoch, wait for it to catch up, and try again";
    assertRefused(known(old, g1, upTo(110)), changed, refusal);
    assertRefused(known(old, g1, upTo(110), g2, Progress.NONE), changed, refusal);
    assertRefused(known(old, g1, upTo(90), g2, upTo(100)), changed, refusal);
    assertRefused(known(old, g1, upTo(110), g2, upTo(108)), changed, refusal);
    assertRefused(known(old, g1, upTo(110), generation(2, NEW, 102), upTo(110)), changed, refusal);

    PublishedRow after = publish(known(old, g1, upTo(110), g2, upTo(109)), changed);
    assertThat(after.version()).contains(changed);
    assertThat(after.generation()).contains(g2);
    assertThat(PublishedRow.takeOver(known(old, g2, upTo(110)), g2)).isEmpty();
    assertThat(
            PublishedRow.rollback(
                    known(after, g1, upTo(110), g2, upTo(110)), version(1, OLD, 100), NOW, NO_SKEW)
                .generation())
        .contains(g1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> row(changed, g1))
        .withMessage("view daily_sales published with two declarations");
  }

  @Test
  void ofTwoGenerationsThatReachTheNewestIsTaken() {
    Generation g1 = generation(1, OLD, 105);
    Generation g2 = generation(2, OLD, 90);
    Generation g3 = generation(3, OLD, 91);
    PublishedRow current = row(version(2, OLD, 110), g1);
    PublishedRow after =
        PublishedRow.rollback(
            known(current, g1, upTo(112), g2, upTo(112), g3, upTo(112)),
            version(1, OLD, 100),
            NOW,
            NO_SKEW);
    assertThat(after.generation()).contains(g3);
  }

  @Test
  void aNewLifeTakesOverWhenItHasAllThatTheOneBeforeHas() {
    Generation g1 = generation(1, OLD, 90);
    Generation g2 = generation(2, OLD, 100);
    PublishedRow row = row(version(1, OLD, 100), g1);
    assertThat(PublishedRow.takeOver(known(row, g1, upTo(110), g2, upTo(109)), g2)).isEmpty();
    assertThat(PublishedRow.takeOver(known(row, g1, upTo(110), g2, Progress.NONE), g2)).isEmpty();
    assertThat(PublishedRow.takeOver(known(row, g2, Progress.NONE), g2)).isEmpty();
    assertThat(PublishedRow.takeOver(known(row, g1, upTo(110), g2, upTo(110)), g2))
        .contains(new PublishedRow("daily_sales", 6, row.version(), Optional.of(g2)));
    assertThat(PublishedRow.takeOver(known(row, g2, upTo(101)), g2)).isPresent();
    Generation tooLate = generation(3, OLD, 101);
    assertThat(PublishedRow.takeOver(known(row, g1, upTo(110), tooLate, upTo(110)), tooLate))
        .isEmpty();
    assertThat(PublishedRow.takeOver(known(row, g1, upTo(110)), g1)).isEmpty();
    assertThat(PublishedRow.takeOver(known(null), g1))
        .contains(new PublishedRow("daily_sales", 1, Optional.empty(), Optional.of(g1)));
    assertThat(PublishedRow.takeOver(known(row(version(1, OLD, 100), null), g1, upTo(99)), g1))
        .isEmpty();
    assertThat(PublishedRow.takeOver(known(row(version(1, OLD, 100), null), g1, upTo(100)), g1))
        .isPresent();
  }

  @Test
  void rollbackIsRefusedWhereSpeedNoLongerReaches() {
    Generation g1 = generation(1, OLD, 105);
    PublishedRow.Known known = known(row(version(2, OLD, 110), g1), g1, upTo(112));
    assertThatThrownBy(() -> PublishedRow.rollback(known, version(1, OLD, 100), NOW, NO_SKEW))
        .isInstanceOf(HandoffException.class)
        .hasMessageStartingWith(
            "Cannot roll back to version 1 of view daily_sales: view daily_sales has no answer for events appended in [");
    assertThatThrownBy(() -> PublishedRow.rollback(known(null), version(1, OLD, 100), NOW, NO_SKEW))
        .isInstanceOf(HandoffException.class)
        .hasMessage("Cannot roll back view daily_sales: nothing is published");
  }

  @Test
  void rowsRoundTrip() {
    for (PublishedRow row :
        new PublishedRow[] {
          TestRows.published(), row(version(1, OLD, 100), null), row(null, generation(1, OLD, 0))
        }) {
      assertThat(PublishedRow.fromJson(row.toJson())).isEqualTo(row);
      assertThat(PublishedRow.fromJson(row.toJson()).toJson()).isEqualTo(row.toJson());
      row.version().ifPresent(v -> assertThat(Version.fromJson(v.toJson())).isEqualTo(v));
      row.generation().ifPresent(g -> assertThat(Generation.fromJson(g.toJson())).isEqualTo(g));
    }
    ViewShape all = TestTypes.ALL_METRICS.shape();
    assertThat(ViewShape.fromJson(all.toJson())).isEqualTo(all);
    assertThat(ViewShape.fromJson(Json.parse(all.toJson().toString()))).isEqualTo(all);
  }

  @Test
  void aRowHoldsSomething() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> row(null, null))
        .withMessage("view daily_sales published with neither version nor generation");
  }

  @Test
  void freshnessIsWhatEveryPartitionHasReached() {
    Progress progress = upTo(100);
    assertThat(progress.freshness(Set.of(0, 1), NOW)).contains(at(100));
    assertThat(progress.freshness(Set.of(0, 1), at(99))).contains(at(99));
    assertThat(progress.freshness(Set.of(0, 1, 2), NOW)).isEmpty();
    assertThat(progress.freshness(Set.of(1), NOW)).contains(at(100));
    assertThat(Progress.NONE.freshness(Set.of(), NOW)).isEmpty();
    assertThat(progress.reaches(Map.of(0, 1000L, 1, 2000L))).isTrue();
    assertThat(progress.reaches(Map.of(0, 1001L))).isFalse();
    assertThat(progress.reaches(Map.of(2, 0L))).isFalse();
  }
}
