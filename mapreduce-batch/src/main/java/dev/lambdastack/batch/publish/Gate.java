package dev.lambdastack.batch.publish;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Decides whether a version may answer. Pure: what it looks at was counted before.
 *
 * @param maxRejected share of the events that may be none by the schema that is pinned
 * @param maxShrink share of the rows before that may be missing
 * @param maxGrowth times the rows before that there may be
 * @param maxDrift rows that may differ from what the layers said before
 */
record Gate(double maxRejected, double maxShrink, long maxGrowth, long maxDrift) {
  /** A version of fewer rows may grow as if it had as many. */
  private static final long FEW_ROWS = 1_000;

  private static final long FEW_REJECTED = 100;

  static Gate of(LambdaConfig config) {
    return new Gate(
        config.archive().deadLettersMaxShare(),
        config.gate().maxShrink(),
        config.gate().maxGrowth(),
        config.gate().maxDrift());
  }

  /** The drift that was found, or why it was not looked for. */
  record DriftCheck(Optional<Drift> drift, String whyNot) {
    static DriftCheck of(Drift drift) {
      return new DriftCheck(Optional.of(drift), "");
    }

    static DriftCheck none(String why) {
      return new DriftCheck(Optional.empty(), why);
    }
  }

  /**
   * The verdict.
   *
   * @param before what answers now
   * @param rolledBack another version of the very declaration, which somebody rolled back from
   * @param takenAway offsets lost to the version whose records are in the answers of now
   */
  GateReport judge(
      Version version,
      Optional<Version> before,
      Optional<Version> rolledBack,
      LostOffsets takenAway,
      DriftCheck drift) {
    List<Finding> findings = new ArrayList<>();
    rolledBack.ifPresent(
        r ->
            findings.add(
                new Finding(
                    "declaration",
                    true,
                    String.format(
                        Locale.ROOT,
                        "that of version %d, which was rolled back from; change it, or publish --force",
                        r.number()),
                    List.of())));

    findings.add(rowsRead(version));
    findings.add(lost(version, takenAway));
    findings.add(before.map(b -> rowCount(version, b)).orElseGet(() -> firstRows(version)));
    version.origin().map(Origin::rules).orElse(List.of()).forEach(r -> findings.add(rule(r)));
    findings.add(drift.drift().map(this::drift).orElseGet(() -> passed("drift", drift.whyNot())));

    return new GateReport(version.shape().name(), version.number(), findings);
  }

  /** What a version would be held for that is not computed yet, a line each. */
  List<String> terms(Optional<Version> before) {
    List<String> terms = new ArrayList<>();
    terms.add(
        "rows read: as many events as the archive runs list; the pinned schema rejects at most %s of them"
            .formatted(percent(maxRejected)));
    terms.add("lost records: none that are in the answers of now");

    terms.add(
        before
            .map(
                b ->
                    String.format(
                        Locale.ROOT,
                        "row count: %,d to %,d, where version %d has %,d",
                        (long) Math.ceil(b.rows() * (1 - maxShrink)),
                        Math.max(FEW_ROWS, b.rows()) * maxGrowth,
                        b.number(),
                        b.rows()))
            .orElse("row count: any, for no version answers yet"));

    terms.add(
        before
            .map(
                b ->
                    String.format(
                        Locale.ROOT,
                        "drift: at most %,d rows that differ from version %d and the speed cells of what it lacks",
                        maxDrift,
                        b.number()))
            .orElse("drift: not looked for, for no version answers yet"));

    return terms;
  }

  /** As the archive judges dead letters: few are accepted whatever their share. */
  private Finding rowsRead(Version version) {
    String read =
        String.format(
            Locale.ROOT,
            "%,d events were read, as many as the archive runs up to %d list",
            version.events(),
            version.run());

    long rejected = version.rejected();
    if (rejected == 0) {
      return passed("rows read", read);
    }

    String text =
        String.format(
            Locale.ROOT,
            "%s; %,d of them are none by the schema that is pinned now, and no row counts them",
            read,
            rejected);

    boolean held =
        rejected > maxRejected * version.events() && (rejected > FEW_REJECTED || maxRejected == 0);
    return held
        ? new Finding(
            "rows read",
            true,
            "%s: more than a share of %s (lambda.dead-letters.max-share)"
                .formatted(text, percent(maxRejected)),
            List.of())
        : passed("rows read", text);
  }

  private static Finding lost(Version version, LostOffsets takenAway) {
    if (!takenAway.isEmpty()) {
      return new Finding(
          "lost records",
          true,
          String.format(
              Locale.ROOT,
              "answers have the events at offsets %s, and would not have them any more: retention had removed them before they were archived; publish --force gives them up",
              takenAway),
          List.of());
    }

    return passed(
        "lost records",
        version.lost().isEmpty()
            ? "none"
            : String.format(
                Locale.ROOT, "%,d offsets, which no answer has anyway", version.lost().count()));
  }

  private static Finding passed(String check, String text) {
    return new Finding(check, false, text, List.of());
  }

  private static Finding firstRows(Version version) {
    return passed(
        "row count",
        String.format(Locale.ROOT, "%,d rows; no version answers yet", version.rows()));
  }

  private Finding rowCount(Version version, Version before) {
    String counts =
        String.format(
            Locale.ROOT,
            "%,d rows, where version %d has %,d",
            version.rows(),
            before.number(),
            before.rows());

    if (!sameRows(version.shape(), before.shape())) {
      return passed("row count", counts + " of another key or window: not compared");
    }

    if (version.rows() < before.rows() * (1 - maxShrink)) {
      return new Finding(
          "row count",
          true,
          "%s: %s less, at most %s may be missing (lambda.gate.max-shrink)"
              .formatted(
                  counts, percent(1 - (double) version.rows() / before.rows()), percent(maxShrink)),
          List.of());
    }

    if (version.rows() > Math.max(FEW_ROWS, before.rows()) * maxGrowth) {
      return new Finding(
          "row count",
          true,
          String.format(
              Locale.ROOT,
              "%s: more than %d times as many (lambda.gate.max-growth)",
              counts,
              maxGrowth),
          List.of());
    }

    return passed("row count", counts);
  }

  private static boolean sameRows(ViewShape a, ViewShape b) {
    return a.keyColumns().equals(b.keyColumns()) && a.window().equals(b.window());
  }

  private static Finding rule(RuleResult result) {
    return new Finding(
        "rule " + result.rule(),
        !result.met(),
        String.format(
            Locale.ROOT,
            "%s: %,d of %,d %s",
            result.met() ? "met" : "broken",
            result.counted(),
            result.checked(),
            isAboutEvents(result) ? "events" : "rows break it"),
        result.examples());
  }

  /** As it was declared; no metric's name has a parenthesis. */
  private static boolean isAboutEvents(RuleResult result) {
    return result.rule().startsWith("share(") || result.rule().startsWith("nullShare(");
  }

  private Finding drift(Drift drift) {
    String what =
        String.format(
            Locale.ROOT,
            "%,d of %,d rows differ from version %d%s",
            drift.differing(),
            drift.rows(),
            drift.before(),
            drift.generation().isEmpty()
                ? ", which has the same horizon"
                : String.format(
                    Locale.ROOT,
                    " and the cells of speed generation %d between the horizons",
                    drift.generation().getAsLong()));

    boolean held = drift.differing() > maxDrift;
    return new Finding(
        "drift",
        held,
        held
            ? String.format(
                Locale.ROOT, "%s; at most %,d may (lambda.gate.max-drift)", what, maxDrift)
            : what,
        drift.examples());
  }

  /** With at most two digits after the point, and none that say nothing. */
  private static String percent(double share) {
    return new BigDecimal(String.format(Locale.ROOT, "%.2f", 100 * share))
            .stripTrailingZeros()
            .toPlainString()
        + " %";
  }
}
