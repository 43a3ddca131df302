package dev.lambdastack.views;

import static dev.lambdastack.views.Condition.atLeast;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.aggregate.Aggregate;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DerivedColumnTest {
  private static final Column SIZE = new Column("size", ColumnType.STRING, 0, false);
  private static final Column TAX = new Column("tax", ColumnType.DECIMAL, 3, true);
  private static final Column SCORE = new Column("score", ColumnType.LONG, 0, false);
  private static final Column HALF = new Column("half", ColumnType.DOUBLE, 0, false);
  private static final Column LATE = new Column("late", ColumnType.BOOLEAN, 0, false);
  private static final Column DUE = new Column("due", ColumnType.TIMESTAMP, 0, false);

  /** Key, condition and metrics all read derived columns; inputs stand in no common order. */
  private static final View VIEW =
      View.named("derived")
          .over(TestTypes.EVERYTHING)
          .derived(SIZE, 1, List.of("money"), row -> row.longAt(0) >= 100_00 ? "large" : "small")
          .derived(
              TAX,
              1,
              List.of("money_null"),
              row ->
                  row.isNull(0)
                      ? null
                      : row.decimalAt(0, 2)
                          .multiply(new BigDecimal("0.2"))
                          .setScale(3, RoundingMode.HALF_EVEN))
          .derived(
              SCORE,
              3,
              List.of("flag", "text", "whole"),
              row ->
                  row.longAt(2) * (row.longAt(0) == 1 ? 2 : 1)
                      + row.stringAt(1).length()
                      + row.partition())
          .derived(HALF, 1, List.of("real"), row -> row.doubleAt(0) / 2)
          .derived(LATE, 1, List.of("time"), row -> row.longAt(0) > row.eventTime())
          .derived(
              DUE, 1, List.of("time"), row -> Instant.ofEpochMilli(row.longAt(0) + row.offset()))
          .keyedBy("size", "late")
          .window(Duration.ofMillis(1000))
          .where("score", atLeast(0))
          .metric("n", count())
          .metric("tax", sum("tax"))
          .metric("scores", sum("score"))
          .metric("half", max("half"))
          .metric("due", max("due"))
          .metric("sizes", distinct("size"))
          .metric("last", latest("size"))
          .build();

  private static List<TestEvent> events(Random random) {
    List<TestEvent> events = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      TestEvent event =
          TestEvent.at(random.nextInt(3000), i % 2, i)
              .with("money", BigDecimal.valueOf(random.nextInt(20_000), 2))
              .with("text", "x".repeat(random.nextInt(3)))
              .with("whole", random.nextInt(20) - 10L)
              .with("flag", random.nextBoolean())
              .with("real", random.nextDouble())
              .with("time", Instant.ofEpochMilli(random.nextInt(3000)));
      events.add(
          random.nextBoolean()
              ? event
              : event.with("money_null", BigDecimal.valueOf(random.nextInt(999), 2)));
    }
    return events;
  }

  private static Map<String, Map<String, Object>> compute(
      List<TestEvent> events, List<String> columns) {
    BoundView bound = VIEW.bind(columns);
    Map<String, Aggregate> cells = new TreeMap<>();
    for (TestEvent event : events) {
      if (bound.accepts(event.row(columns))) {
        byte[] row = bound.rowKey();
        String cell = RowKey.key(VIEW.shape(), row) + "@" + RowKey.windowStart(row);
        bound.addTo(cells.computeIfAbsent(cell, c -> VIEW.shape().emptyAggregate()));
      }
    }
    Map<String, Map<String, Object>> values = new TreeMap<>();
    cells.forEach((cell, aggregate) -> values.put(cell, aggregate.values()));
    return values;
  }

  private static long score(TestEvent event) {
    return (Long) event.value("whole") * ((Boolean) event.value("flag") ? 2 : 1)
        + ((String) event.value("text")).length()
        + event.partition();
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void derivedColumnsAreComputedTheSameThroughAnyRowLayout(@ForAll long seed) {
    Random random = new Random(seed);
    List<TestEvent> events = events(random);
    List<String> layout = new ArrayList<>(VIEW.columns());
    layout.add("other");
    layout.add("whole_null");
    Collections.shuffle(layout, random);

    Map<String, Map<String, Object>> actual = compute(events, layout);
    assertThat(actual).isEqualTo(compute(events, VIEW.columns()));

    List<TestEvent> counted = events.stream().filter(e -> score(e) >= 0).toList();
    assertThat(actual.values().stream().mapToLong(v -> (Long) v.get("n")).sum())
        .isEqualTo(counted.size());
    assertThat(
            actual.values().stream()
                .map(v -> (BigDecimal) v.get("scores"))
                .reduce(BigDecimal.ZERO, BigDecimal::add))
        .isEqualByComparingTo(
            BigDecimal.valueOf(counted.stream().mapToLong(DerivedColumnTest::score).sum()));
    assertThat(
            actual.values().stream()
                .map(v -> (BigDecimal) v.get("tax"))
                .filter(Objects::nonNull)
                .reduce(BigDecimal.ZERO, BigDecimal::add))
        .isEqualByComparingTo(
            counted.stream()
                .map(e -> (BigDecimal) e.value("money_null"))
                .filter(Objects::nonNull)
                .map(m -> m.multiply(new BigDecimal("0.2")).setScale(3, RoundingMode.HALF_EVEN))
                .reduce(BigDecimal.ZERO, BigDecimal::add));
    for (TestEvent event : counted) {
      BigDecimal money = (BigDecimal) event.value("money");
      boolean late = ((Instant) event.value("time")).toEpochMilli() > event.eventTime();
      String cell =
          String.format(
              Locale.ROOT,
              "[%s, %s]@%d",
              money.compareTo(new BigDecimal("100")) >= 0 ? "large" : "small",
              late,
              event.eventTime() / 1000 * 1000);
      assertThat(actual).containsKey(cell);
      assertThat((Instant) actual.get(cell).get("due"))
          .isAfterOrEqualTo(((Instant) event.value("time")).plusMillis(event.offset()));
      assertThat((Double) actual.get(cell).get("half"))
          .isGreaterThanOrEqualTo((Double) event.value("real") / 2);
    }
  }

  @Test
  void aViewReadsTheInputsOfItsDerivedColumns() {
    assertThat(VIEW.columns())
        .containsExactly("money", "time", "flag", "text", "whole", "money_null", "real");
    assertThat(VIEW.columns()).doesNotContain("size", "score", "tax");
  }

  private static View failing(Column column, Derivation formula) {
    return View.named("failing")
        .over(TestTypes.EVERYTHING)
        .window(Duration.ofMinutes(1))
        .derived(column, 1, List.of("whole"), formula)
        .metric("m", latest(column.name()))
        .build();
  }

  private static void assertSetAside(Column column, Derivation formula, String why) {
    View view = failing(column, formula);
    BoundView bound = view.bind(view.columns());
    TestEvent event = TestEvent.at(0, 3, 42).with("whole", 0L);
    assertThat(bound.accepts(event.row(view.columns()))).isFalse();
    assertThat(bound.whySetAside().orElseThrow())
        .startsWith(
            "Cannot compute column '%s' of view failing at topic %s partition 3 offset 42: %s"
                .formatted(column.name(), TestTypes.EVERYTHING.topic(), why));
  }

  @Test
  void anEventWhoseNullAFormulaReadsWithoutAskingIsSetAside() {
    assertNullIsSetAside(SCORE, row -> row.longAt(0));
    assertNullIsSetAside(SCORE, row -> row.decimalAt(0, 2).longValue());
    assertNullIsSetAside(HALF, row -> row.doubleAt(0));
    assertNullIsSetAside(SIZE, row -> row.stringAt(0));
  }

  private static void assertNullIsSetAside(Column column, Derivation formula) {
    View view =
        View.named("nulls")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMillis(1000))
            .derived(column, 1, List.of("money_null"), formula)
            .metric("m", latest(column.name()))
            .build();
    BoundView bound = view.bind(view.columns());

    assertThat(bound.accepts(TestEvent.at(0, 3, 42).row(view.columns()))).isFalse();
    assertThat(bound.whySetAside().orElseThrow())
        .endsWith("NullPointerException: input 0 is null: ask isNull(0) first");
  }

  @Test
  void anEventWhoseDerivedTextHasHalfOfACharacterIsSetAside() {
    assertSetAside(
        SIZE,
        row -> "ab\ud83d\ude00".substring(0, 3),
        "java.lang.IllegalArgumentException: half of a character, \\ud83d alone at character 3");
  }

  @Test
  void anEventThatAFormulaFailsForIsSetAsideWithColumnViewAndPlace() {
    assertSetAside(SCORE, row -> 1 / row.longAt(0), "java.lang.ArithmeticException: / by zero");
    assertSetAside(
        SCORE,
        row -> null,
        "java.lang.IllegalStateException: null (the column is declared as never null)");
  }

  @Test
  void anEventWhoseFormulaFailsLeavesTheNextOneAlone() {
    View view = failing(SCORE, row -> 1 / row.longAt(0));
    BoundView bound = view.bind(view.columns());
    TestEvent event = TestEvent.at(0, 3, 42);
    assertThat(bound.accepts(event.with("whole", 0L).row(view.columns()))).isFalse();
    assertThat(bound.accepts(event.with("whole", 1L).row(view.columns()))).isTrue();
    assertThat(bound.whySetAside()).isEmpty();
  }

  @Test
  void whatTheConditionsLeaveOutIsNotComputed() {
    View view =
        View.named("guarded")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .derived(SCORE, 1, List.of("whole"), row -> 1 / row.longAt(0))
            .where("whole", atLeast(1))
            .metric("s", sum("score"))
            .build();
    BoundView bound = view.bind(view.columns());
    TestEvent event = TestEvent.at(0, 3, 42).with("whole", 0L);
    assertThat(bound.accepts(event.row(view.columns()))).isFalse();
    assertThat(bound.whySetAside()).isEmpty();
  }

  /** Whether the stack overflows depends on the thread: the layers would part. */
  @Test
  void anErrorSetsNothingAsideAndIsRefused() {
    View view = failing(SCORE, row -> endless(row.longAt(0)));
    BoundView bound = view.bind(view.columns());
    TestEvent event = TestEvent.at(0, 3, 42).with("whole", 0L);
    assertThatThrownBy(() -> bound.accepts(event.row(view.columns())))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot compute column 'score' of view failing at topic ")
        .hasMessageContaining("partition 3 offset 42: java.lang.StackOverflowError; ");
  }

  @SuppressWarnings("InfiniteRecursion")
  private static long endless(long value) {
    return 1 + endless(value + 1);
  }

  @Test
  void anEventWithAKeyThatHBaseWouldNotTakeIsSetAside() {
    View view =
        View.named("long_key")
            .over(TestTypes.EVERYTHING)
            .derived(SIZE, 1, List.of("whole"), row -> "x".repeat((int) row.longAt(0)))
            .keyedBy("size")
            .window(Duration.ofMinutes(1))
            .metric("n", count())
            .build();
    BoundView bound = view.bind(view.columns());
    long longest = RowKey.MAX_DERIVED_BYTES - 1 - 2 - RowKey.WINDOW_BYTES;
    TestEvent event = TestEvent.at(0, 3, 42);
    assertThat(bound.accepts(event.with("whole", longest).row(view.columns()))).isTrue();
    assertThat(bound.rowKey()).hasSize(RowKey.MAX_DERIVED_BYTES);
    assertThat(bound.accepts(event.with("whole", longest + 1).row(view.columns()))).isFalse();
    assertThat(bound.whySetAside().orElseThrow())
        .startsWith("View long_key at topic ")
        .endsWith("partition 3 offset 42: the row key has 32568 bytes, more than 32567");
  }

  private static View keeping(int texts) {
    View.Builder view =
        View.named("notes")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .derived(SIZE, 1, List.of("whole"), row -> "é".repeat((int) row.longAt(0)) + "!");
    for (int i = 0; i < texts; i++) {
      view.metric("text_" + i, latest("size"));
    }
    return view.build();
  }

  @Test
  void anEventWithALongerTextThanACellKeepsIsSetAside() {
    // Each of the texts may come from an event of its own; HBase takes cells of 10 MiB.
    for (Map.Entry<Integer, Integer> limit :
        Map.of(1, 1 << 20, 8, 1 << 20, 16, 1 << 19).entrySet()) {
      View view = keeping(limit.getKey());
      BoundView bound = view.bind(view.columns());
      long most = limit.getValue() / 2;
      TestEvent event = TestEvent.at(0, 3, 42);
      assertThat(bound.accepts(event.with("whole", most - 1).row(view.columns()))).isTrue();
      assertThat(bound.accepts(event.with("whole", most).row(view.columns()))).isFalse();
      assertThat(bound.whySetAside().orElseThrow())
          .startsWith("View notes at topic ")
          .endsWith(
              "partition 3 offset 42: a text for latest(...) has "
                  + (limit.getValue() + 1)
                  + " bytes, more than "
                  + limit.getValue());
    }
  }

  @Test
  void aResultOfAnotherTypeIsNeverBent() {
    for (Object result : List.of(1.5, new BigDecimal("1.5"), "1")) {
      assertSetAside(
          SCORE, row -> result instanceof String ? "1" : result, "java.lang.ClassCastException");
    }
    for (String tooMany : List.of("0.0001", "1e-2000000000", "1e100000000")) {
      assertSetAside(
          TAX, row -> new BigDecimal(tooMany), "java.lang.ArithmeticException: a number");
    }
  }

  @Test
  void aFormulaRunsOnceForAnEventHoweverOftenItIsRead() {
    List<Long> calls = Collections.synchronizedList(new ArrayList<>());
    CALLS.set(calls);
    View view =
        View.named("counted")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .derived(
                SCORE,
                1,
                List.of("whole"),
                row -> {
                  CALLS.get().add(row.offset());
                  return row.longAt(0);
                })
            .where("score", atLeast(0))
            .keyedBy("score")
            .metric("s", sum("score"))
            .metric("m", max("score"))
            .build();
    BoundView bound = view.bind(view.columns());
    Aggregate aggregate = view.shape().emptyAggregate();
    for (long offset = 0; offset < 3; offset++) {
      assertThat(
              bound.accepts(TestEvent.at(0, 0, offset).with("whole", offset).row(view.columns())))
          .isTrue();
      assertThat(RowKey.key(view.shape(), bound.rowKey())).containsExactly(offset);
      bound.addTo(aggregate);
    }
    CALLS.remove();
    assertThat(calls).containsExactly(0L, 1L, 2L);
    assertThat(aggregate.values().get("s")).isEqualTo(BigDecimal.valueOf(3));
  }

  private static final ThreadLocal<List<Long>> CALLS = new ThreadLocal<>();

  @Test
  void derivedTextIsUtf8() {
    View view = failing(SIZE, row -> "é\uD83D\uDE00");
    BoundView bound = view.bind(view.columns());
    Aggregate aggregate = view.shape().emptyAggregate();
    assertThat(bound.accepts(TestEvent.at(0, 0, 0).with("whole", 0L).row(view.columns()))).isTrue();
    bound.addTo(aggregate);
    assertThat(aggregate.values().get("m")).isEqualTo("é\uD83D\uDE00");
    assertThat(new String(aggregate.toBytes(), StandardCharsets.UTF_8)).endsWith("é\uD83D\uDE00");
  }
}
