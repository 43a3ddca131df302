package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Origin;
import dev.lambdastack.views.handoff.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.mapreduce.Counters;

/**
 * What the rules about events found: as the tasks have counted, on top of what was found before.
 */
final class ShareCounts {
  private ShareCounts() {}

  /** Whether a version says what all of the view's rules about events found of its events. */
  static boolean areKnown(View view, Version version) {
    return view.shares().stream().allMatch(share -> found(share, version).isPresent());
  }

  private static Optional<RuleResult> found(Rule.Share share, Version version) {
    return version.origin().map(Origin::rules).orElse(List.of()).stream()
        .filter(r -> r.rule().equals(share.text()))
        .findFirst();
  }

  /**
   * In declared order.
   *
   * @param base the version whose events the tasks have not counted
   */
  static List<RuleResult> results(View view, Optional<Version> base, Counters counters) {
    long counted = counters.findCounter(RecomputeCounter.COUNTED, view.name()).getValue();
    List<RuleResult> results = new ArrayList<>();
    for (int i = 0; i < view.shares().size(); i++) {
      Rule.Share share = view.shares().get(i);
      long meeting =
          counters
              .findCounter(RecomputeCounter.meeting(view.name()), RecomputeCounter.ofShare(i))
              .getValue();

      Optional<RuleResult> before = base.flatMap(b -> found(share, b));
      results.add(
          share.result(
              counted + before.map(RuleResult::checked).orElse(0L),
              meeting + before.map(RuleResult::counted).orElse(0L)));
    }

    return results;
  }
}
