package dev.lambdastack.benchmarks;

import dev.lambdastack.console.OutputLostException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, by name, run by run; the first of each name warms up and is not counted. */
final class Figures {
  private final PrintWriter out;
  private final Map<String, List<Double>> seconds = new LinkedHashMap<>();

  Figures(PrintWriter out) {
    this.out = out;
  }

  /** Notes and prints one run. */
  void add(String name, double took, long events) {
    List<Double> runs = seconds.computeIfAbsent(name, n -> new ArrayList<>());
    runs.add(took);
    say(
        "  %-28s %8.2f s  %,12.0f events/s%s",
        name, took, events / took, runs.size() == 1 ? "  (warms up)" : "");
  }

  /** The median of the counted runs. */
  double median(String name) {
    List<Double> runs = seconds.get(name);
    List<Double> sorted =
        runs.subList(Math.min(1, runs.size() - 1), runs.size()).stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** How many times as fast the first is as the second: median beside median. */
  double speedup(String ours, String theirs) {
    return median(theirs) / median(ours);
  }

  void say(String format, Object... arguments) {
    out.printf(Locale.ROOT, format + "%n", arguments);
    OutputLostException.check(out);
  }
}
