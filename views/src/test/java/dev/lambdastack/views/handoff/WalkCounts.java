package dev.lambdastack.views.handoff;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What happened on walks, so that one sees that it did. */
final class WalkCounts {
  private final Map<String, Integer> happened = new TreeMap<>();

  private void count(String what) {
    happened.merge(what, 1, Integer::sum);
  }

  int of(String what) {
    return happened.getOrDefault(what, 0);
  }

  /** Counts refusals of one kind together: numbers, times and names differ from one to the next. */
  void refused(String what, String why) {
    String kind =
        why.contains("has no answer for events")
            ? "horizon before coverage"
            : why.contains("has no answer for offsets")
                ? "horizon before start offsets"
                : why.contains("may have expired")
                    ? "speed cells may have expired"
                    : why.contains("no speed generation of view")
                        ? "no generation answers yet"
                        : why.contains("no speed generation of its declaration")
                            ? "no generation has caught up"
                            : why.contains("lies before that of version")
                                ? "horizon steps back"
                                : why;
    count("refused to " + what + ": " + kind);
  }

  void flipped(Optional<PublishedRow> before, PublishedRow after) {
    count("flips");
    before.ifPresent(
        b -> {
          if (!b.fingerprint().equals(after.fingerprint())) {
            count("flips of declaration");
          } else if (!b.generation().equals(after.generation())) {
            count("flips of generation");
          } else if (after.horizonEpoch() < b.horizonEpoch()) {
            count("flips back in time");
          }
        });
  }

  void lostRace() {
    count("flips that lost a race");
  }

  void started() {
    count("lives of speed jobs");
  }

  void exact() {
    count("reads equal to the truth");
  }

  void readAtAnyMoment() {
    count("reads at any moment");
  }

  void claim() {
    count("reads with a freshness");
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    happened.forEach(
        (what, times) -> text.append(String.format(Locale.ROOT, "  %,9d %s%n", times, what)));
    return text.toString();
  }
}
