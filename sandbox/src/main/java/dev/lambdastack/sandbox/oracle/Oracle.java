package dev.lambdastack.sandbox.oracle;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.LambdaClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What {@code action_metrics}, {@code daily_sales} and, where the brands are known, {@code
 * sales_by_brand} must say after some source rows, worked out from those alone. Not thread-safe.
 */
public final class Oracle {
  /** Up to here counts of different values are exact; beyond, they are estimates. */
  static final long EXACT_DISTINCT = 512;

  /** Five standard errors of an estimate. */
  static final double ESTIMATE_TOLERANCE = 5 * 0.0163;

  private static final Duration KEY_RANGE = Duration.ofDays(28);

  private final List<Question> questions;

  private final Map<Question, NavigableMap<String, NavigableMap<Instant, Tally>>> tallies =
      new EnumMap<>(Question.class);

  private final String prefix;
  private final Map<Long, String> brands;

  /**
   * An oracle for the reference views.
   *
   * @param brands of all products, by id
   */
  public Oracle(Map<Long, String> brands) {
    this("", brands, List.of(Question.values()));
  }

  /** An oracle for two views that are declared as the reference views are, under prefixed names. */
  public Oracle(String prefix) {
    this(prefix, Map.of(), List.of(Question.ACTION_METRICS, Question.DAILY_SALES));
  }

  private Oracle(String prefix, Map<Long, String> brands, List<Question> questions) {
    this.prefix = prefix;
    this.brands = Map.copyOf(brands);
    this.questions = questions;
    for (Question question : questions) {
      tallies.put(question, new TreeMap<>());
    }
  }

  /** Counts an event that was produced. */
  public void count(ShopEvent event) {
    for (Question question : questions) {
      question
          .key(event, brands)
          .ifPresent(
              key ->
                  tallies
                      .get(question)
                      .computeIfAbsent(key, k -> new TreeMap<>())
                      .computeIfAbsent(question.windowStart(event.time()), s -> new Tally())
                      .add(event));
    }
  }

  /** Counts events that were produced. */
  public void countAll(Iterable<ShopEvent> events) {
    events.forEach(this::count);
  }

  /**
   * Reads every window of each view, and for each key a range of its windows by itself, and
   * compares all with what was counted. Windows that should be there and are not, and windows that
   * should not be there, are differences too.
   */
  public Verdict compare(LambdaClient client) throws IOException {
    return compare(client, Instant.MIN, Instant.MAX);
  }

  /**
   * The same for the windows that start in {@code [from, to)} alone: what was counted lies in them,
   * and other windows may hold anything.
   */
  public Verdict compare(LambdaClient client, Instant from, Instant to) throws IOException {
    long windows = 0;
    long equal = 0;
    long keyQueries = 0;
    List<Difference> differences = new ArrayList<>();

    for (Question question : questions) {
      List<MergedRow> rows = client.queryAll(view(question), from, to).rows();
      Comparison all = new Comparison(view(question), question, tallies.get(question), rows);
      windows += all.windows();
      equal += all.equal();
      differences.addAll(all.differences());

      for (Map.Entry<String, NavigableMap<Instant, Tally>> key : tallies.get(question).entrySet()) {
        differences.addAll(compareKey(client, question, key.getKey(), key.getValue(), from));
        keyQueries++;
      }
    }

    return new Verdict(windows, equal, keyQueries, differences);
  }

  /** Compares the weeks before a key's middle window, but nothing before a time, read by key. */
  private List<Difference> compareKey(
      LambdaClient client,
      Question question,
      String key,
      NavigableMap<Instant, Tally> tallies,
      Instant earliest)
      throws IOException {
    Instant to = List.copyOf(tallies.keySet()).get(tallies.size() / 2);
    Instant weeks = to.minus(KEY_RANGE);
    Instant from = weeks.isBefore(earliest) ? earliest : weeks;
    List<MergedRow> rows = client.query(view(question), List.of(key), from, to).rows();
    NavigableMap<String, NavigableMap<Instant, Tally>> expected = new TreeMap<>();
    expected.put(key, tallies.subMap(from, true, to, false));
    return new Comparison(view(question), question, expected, rows).differences();
  }

  private String view(Question question) {
    return prefix + question.view();
  }

  /** One answer beside what it should be. */
  private static final class Comparison {
    private final String view;
    private final Question question;
    private final List<Difference> differences = new ArrayList<>();
    private final Set<MergedWindow> seen = new HashSet<>();
    private long equal;
    private long windows;

    private record MergedWindow(List<Object> key, Instant start) {}

    Comparison(
        String view,
        Question question,
        NavigableMap<String, NavigableMap<Instant, Tally>> expected,
        List<MergedRow> rows) {
      this.view = view;
      this.question = question;

      for (MergedRow row : rows) {
        compare(row, expected);
      }

      expected.forEach(
          (key, byStart) ->
              byStart.forEach(
                  (start, tally) -> {
                    if (!seen.contains(new MergedWindow(List.of(key), start))) {
                      windows++;
                      differ(List.of(key), start, "row", question.values(tally), "none");
                    }
                  }));
    }

    private void compare(
        MergedRow row, NavigableMap<String, NavigableMap<Instant, Tally>> expected) {
      int before = differences.size();
      if (!seen.add(new MergedWindow(row.key(), row.start()))) {
        differ(row.key(), row.start(), "row", "once", "twice");
        return;
      }

      windows++;
      Tally tally =
          row.key().size() == 1 && row.key().get(0) instanceof String key
              ? expected.getOrDefault(key, new TreeMap<>()).get(row.start())
              : null;
      if (tally == null) {
        differ(row.key(), row.start(), "row", "none", row.values());
        return;
      }

      check(row, "end", question.windowEnd(row.start()), row.end());
      check(row, "events", tally.events(), row.events());
      Map<String, Object> values = question.values(tally);
      check(row, "metrics", values.keySet(), row.values().keySet());
      values.forEach((metric, value) -> check(row, metric, value, row.values().get(metric)));

      equal += differences.size() == before ? 1 : 0;
    }

    private void check(MergedRow row, String what, Object expected, Object found) {
      if (!expected.equals(found) && !isGoodEstimate(what, expected, found)) {
        differ(row.key(), row.start(), what, expected, found);
      }
    }

    private static boolean isGoodEstimate(String metric, Object expected, Object found) {
      return metric.startsWith("unique_")
          && expected instanceof Long exact
          && found instanceof Long estimate
          && exact > EXACT_DISTINCT
          && Math.abs(estimate - exact) <= exact * ESTIMATE_TOLERANCE;
    }

    private void differ(
        List<Object> key, Instant start, String what, Object expected, Object found) {
      differences.add(new Difference(view, key, start, what, expected, found));
    }

    long windows() {
      return windows;
    }

    long equal() {
      return equal;
    }

    List<Difference> differences() {
      return differences;
    }
  }
}
