package dev.lambdastack.batch.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final Gate GATE = new Gate(0.01, 0.1, 10, 0);
  private static final Gate.DriftCheck NO_DRIFT = Gate.DriftCheck.none("not looked for");

  private static GateReport judge(long rows, long before) {
    return GATE.judge(
        TestCatalog.version(2, rows),
        Optional.of(TestCatalog.version(1, before)),
        Optional.empty(),
        LostOffsets.NONE,
        NO_DRIFT);
  }

  private static List<String> held(GateReport report) {
    return report.findings().stream().filter(Finding::held).map(Finding::check).toList();
  }

  @Test
  void aFirstVersionPasses() {
    GateReport report =
        GATE.judge(
            TestCatalog.version(1, 5),
            Optional.empty(),
            Optional.empty(),
            LostOffsets.NONE,
            NO_DRIFT);
    assertThat(report.isHeld()).isFalse();
    assertThat(report.lines()).contains("row count: 5 rows; no version answers yet");
  }

  @Test
  void rowsMayShrinkToTheLimitAndNoFurther() {
    assertThat(judge(900, 1_000).isHeld()).isFalse();
    GateReport report = judge(899, 1_000);
    assertThat(held(report)).containsExactly("row count");
    assertThat(report.lines())
        .first()
        .asString()
        .isEqualTo(
            "row count: HELD: 899 rows, where version 1 has 1,000: 10.1 % less, at most 10 % may be missing (lambda.gate.max-shrink)");
    assertThat(held(judge(0, 1))).containsExactly("row count");
  }

  @Test
  void rowsMayGrowToTheLimitAndNoFurther() {
    assertThat(judge(20_000, 2_000).isHeld()).isFalse();
    assertThat(held(judge(20_001, 2_000))).containsExactly("row count");
    assertThat(judge(10_000, 3).isHeld()).as("few rows grow as a thousand").isFalse();
    assertThat(held(judge(10_001, 3))).containsExactly("row count");
  }

  /** What is said before there is a version is what one is held for. */
  @Test
  void theTermsAreThoseThatAVersionIsJudgedBy() {
    assertThat(GATE.terms(Optional.of(TestCatalog.version(1, 2_000))))
        .contains("row count: 1,800 to 20,000, where version 1 has 2,000");
    assertThat(judge(1_800, 2_000).isHeld() || judge(20_000, 2_000).isHeld()).isFalse();
    assertThat(judge(1_799, 2_000).isHeld() && judge(20_001, 2_000).isHeld()).isTrue();
    assertThat(GATE.terms(Optional.empty()))
        .anyMatch(t -> t.startsWith("row count: any"))
        .anyMatch(t -> t.startsWith("drift: not looked for"));
  }

  @Test
  void rowsOfAnotherKeyAreNotCompared() {
    Version before = TestCatalog.otherKey(1, 1_000);
    GateReport report =
        GATE.judge(
            TestCatalog.version(2, 1),
            Optional.of(before),
            Optional.empty(),
            LostOffsets.NONE,
            NO_DRIFT);
    assertThat(report.isHeld()).isFalse();
    assertThat(report.lines()).anyMatch(l -> l.contains("not compared"));
  }

  /** As the archive judges dead letters: by their share, where they are more than a hundred. */
  @Test
  void aPinThatRejectsMuchOfWhatIsArchivedHolds() {
    assertThat(rejecting(100, 100).isHeld()).isFalse();
    assertThat(rejecting(20_000, 200).isHeld()).isFalse();
    assertThat(rejecting(20_000, 200).lines())
        .first()
        .asString()
        .isEqualTo(
            "rows read: 20,000 events were read, as many as the archive runs up to 1 list; 200 of them are none by the schema that is pinned now, and no row counts them");
    assertThat(held(rejecting(20_000, 201))).containsExactly("rows read");
    assertThat(rejecting(20_000, 201).lines())
        .first()
        .asString()
        .contains("201 of them", "more than a share of 1 % (lambda.dead-letters.max-share)");
  }

  private static GateReport rejecting(long events, long rejected) {
    Version version =
        TestCatalog.version(1, events)
            .with(new Version.Counts(events, events, LostOffsets.NONE, rejected, 0));
    assertThat(Version.fromJson(version.toJson())).isEqualTo(version);
    return GATE.judge(version, Optional.empty(), Optional.empty(), LostOffsets.NONE, NO_DRIFT);
  }

  @Test
  void aBrokenRuleHolds() {
    Version version =
        TestCatalog.version(2, 10)
            .with(
                new Origin(
                    "etl",
                    Duration.ofSeconds(1),
                    List.of(
                        new RuleResult("a >= 0", 10, 0, true, List.of()),
                        new RuleResult("b >= 0", 10, 3, false, List.of("x: b is -1")),
                        new RuleResult("nullShare(c) <= 0.5", 40, 2, true, List.of())),
                    OptionalLong.empty()));
    GateReport report =
        GATE.judge(version, Optional.empty(), Optional.empty(), LostOffsets.NONE, NO_DRIFT);
    assertThat(held(report)).containsExactly("rule b >= 0");
    assertThat(report.lines())
        .startsWith("rule b >= 0: HELD: broken: 3 of 10 rows break it", "  x: b is -1")
        .contains(
            "rule a >= 0: met: 0 of 10 rows break it",
            "rule nullShare(c) <= 0.5: met: 2 of 40 events");
    assertThat(GateReport.fromJson(report.toJson())).isEqualTo(report);
  }

  @Test
  void recordsThatAnswersHaveAreNotTakenAwayInSilence() {
    LostOffsets lost = LostOffsets.NONE.with(0, 0, 5);
    GateReport report =
        GATE.judge(TestCatalog.version(1, 5), Optional.empty(), Optional.empty(), lost, NO_DRIFT);
    assertThat(held(report)).containsExactly("lost records");
    assertThat(report.lines())
        .contains(
            "lost records: HELD: answers have the events at offsets [0, 5) of partition 0, and would not have them any more: retention had removed them before they were archived; publish --force gives them up");
  }

  @Test
  void driftHoldsBeyondItsLimit() {
    Drift drift = new Drift(1, OptionalLong.of(4), 100, 2, List.of("x: version 2 has 1"));
    Version version = TestCatalog.version(2, 100);
    Version before = TestCatalog.version(1, 100);
    GateReport report =
        GATE.judge(
            version,
            Optional.of(before),
            Optional.empty(),
            LostOffsets.NONE,
            Gate.DriftCheck.of(drift));
    assertThat(held(report)).containsExactly("drift");
    assertThat(report.lines())
        .startsWith(
            "drift: HELD: 2 of 100 rows differ from version 1 and the cells of speed generation 4 between the horizons; at most 0 may (lambda.gate.max-drift)",
            "  x: version 2 has 1");
    assertThat(
            new Gate(0.01, 0.1, 10, 2)
                .judge(
                    version,
                    Optional.of(before),
                    Optional.empty(),
                    LostOffsets.NONE,
                    Gate.DriftCheck.of(drift))
                .isHeld())
        .isFalse();
  }
}
