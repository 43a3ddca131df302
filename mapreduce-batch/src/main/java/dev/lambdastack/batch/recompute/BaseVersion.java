package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.Version;
import java.util.Comparator;
import java.util.List;

/**
 * Which older version a new one may begin from: one that the same declaration computed from the
 * beginning of what is archived now. Pure.
 */
final class BaseVersion {
  private BaseVersion() {}

  /**
   * Those that may serve, the one that holds most first.
   *
   * @param versions of the view that are complete
   * @param contents what is archived now; whether a version is of this dataset is not looked at
   */
  static List<Version> candidates(View view, List<Version> versions, Contents contents) {
    return versions.stream()
        .filter(v -> v.fingerprint().equals(view.fingerprint()))
        .filter(v -> v.epochLength().equals(contents.archived().epochLength()))
        .filter(v -> isBegun(v.horizon(), contents.horizon()))
        .sorted(
            Comparator.comparingLong((Version v) -> v.horizon().epoch())
                .thenComparingLong(Version::number)
                .reversed())
        .toList();
  }

  /**
   * Why a view is computed from all events, where none of its versions may serve.
   *
   * @param all its complete versions, in any order
   * @param usable those that neither the gate holds nor anybody rolled back from
   * @param candidates those that may serve by themselves
   */
  static String whyNone(
      View view, List<Version> all, List<Version> usable, List<Version> candidates) {
    if (all.isEmpty()) {
      return "there is no version yet";
    }
    if (usable.isEmpty()) {
      return "the gate holds its versions, or they were rolled back from";
    }
    if (usable.stream().noneMatch(v -> v.fingerprint().equals(view.fingerprint()))) {
      return "no version that may serve is of the declaration that the jar has now";
    }

    return candidates.isEmpty()
        ? "its versions are of another master dataset, or of epochs of another length"
        : "its versions are of another schema or master dataset";
  }

  private static boolean isBegun(Horizon older, Horizon now) {
    return older.epoch() <= now.epoch()
        && older.offsets().entrySet().stream()
            .allMatch(e -> e.getValue() <= now.offsets().getOrDefault(e.getKey(), -1L));
  }
}
