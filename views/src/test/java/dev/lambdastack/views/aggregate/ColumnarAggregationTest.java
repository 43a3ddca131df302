package dev.lambdastack.views.aggregate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Condition;
import dev.lambdastack.views.EventArbitraries;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.TestEvent;
import dev.lambdastack.views.TestTypes;
import dev.lambdastack.views.View;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.datasketches.hash.MurmurHash3;
import org.junit.jupiter.api.Test;

/** Column by column gives the bytes of row by row. */
class ColumnarAggregationTest {
  private static final HexFormat HEX = HexFormat.of();

  private static final View MANY_KEYS =
      View.named("many_keys")
          .over(TestTypes.EVERYTHING)
          .keyedBy("text", "whole", "money", "flag", "time", "shout")
          .window(Duration.ofMillis(2))
          .where("whole_null", Condition.atLeast(0L))
          .where("text", Condition.isNot("a"))
          .derived(
              new Column("shout", ColumnType.STRING, 0, false),
              1,
              List.of("text", "text_null"),
              row -> row.stringAt(0) + "!" + row.isNull(1))
          .derived(
              new Column("twice", ColumnType.LONG, 0, true),
              1,
              List.of("money_null"),
              row -> row.isNull(0) ? null : (Object) (2 * row.longAt(0) + row.offset()))
          .metric("n", Metric.count())
          .metric("twice", Metric.sum("twice"))
          .metric("least", Metric.min("twice"))
          .metric("shouts", Metric.distinct("shout"))
          .metric("last", Metric.latest("shout"))
          .build();

  /** Its formulas fail for some events, and for some the key is too long. */
  private static final View FAILING =
      View.named("failing")
          .over(TestTypes.EVERYTHING)
          .keyedBy("shout")
          .window(Duration.ofMillis(2))
          .where("text", Condition.isNot("a"))
          .derived(
              new Column("shout", ColumnType.STRING, 0, false),
              1,
              List.of("text"),
              row -> row.stringAt(0).repeat(row.offset() % 7 == 0 ? RowKey.MAX_BYTES : 1) + "!")
          .derived(
              new Column("ratio", ColumnType.LONG, 0, false),
              1,
              List.of("whole"),
              row -> 100 / Math.floorMod(row.longAt(0), 5))
          .metric("n", Metric.count())
          .metric("ratio", Metric.sum("ratio"))
          .build();

  private static final View NO_KEYS =
      View.named("no_keys")
          .over(TestTypes.EVERYTHING)
          .window(Duration.ofMillis(1))
          .metric("sum", Metric.sum("whole"))
          .build();

  /** What a group came to, so far. */
  private record Group(Aggregate aggregate, boolean marked) {}

  /** What is drained, merged by row key: spills come more than once. */
  private static final class Drained implements ColumnarAggregation.Sink {
    private final View view;
    private final Map<String, Group> groups = new LinkedHashMap<>();

    Drained(View view) {
      this.view = view;
    }

    @Override
    public void take(byte[] rowKey, byte[] value, boolean marked) {
      Aggregate aggregate = view.shape().decode(value);
      assertThat(aggregate.toBytes()).isEqualTo(value);
      groups.merge(
          HEX.formatHex(rowKey),
          new Group(aggregate, marked),
          (a, b) -> {
            a.aggregate().merge(b.aggregate());
            return new Group(a.aggregate(), a.marked() || b.marked());
          });
    }
  }

  private static void fill(
      ColumnBatch batch, List<String> columns, List<TestEvent> events, Random random) {
    batch.resize(events.size());
    for (int c = 0; c < columns.size(); c++) {
      ColumnVector vector = batch.column(c);
      if (vector.column().type() == ColumnType.STRING) {
        vector.useOwnTexts();
      }
      for (int i = 0; i < events.size(); i++) {
        vector.set(i, events.get(i).row(columns), c);
      }
      if (vector.column().type() == ColumnType.STRING && random.nextBoolean()) {
        useDictionary(vector, events.size());
      }
    }
    for (int i = 0; i < events.size(); i++) {
      batch.eventTimes()[i] = events.get(i).eventTime();
      batch.partitions()[i] = events.get(i).partition();
      batch.offsets()[i] = events.get(i).offset();
    }
  }

  /** Each text once, as a column chunk with a dictionary has them. */
  private static void useDictionary(ColumnVector vector, int rows) {
    List<byte[]> texts = new ArrayList<>();
    Map<String, Integer> ids = new HashMap<>();
    for (int i = 0; i < rows; i++) {
      if (!vector.nulls()[i]) {
        byte[] text = vector.text(i);
        vector.ids()[i] =
            ids.computeIfAbsent(
                HEX.formatHex(text),
                k -> {
                  texts.add(text);
                  return texts.size() - 1;
                });
      }
    }
    vector.useTexts(new TextDictionary(texts.toArray(byte[][]::new)));
  }

  private static void check(View view, long seed, int count, int different) throws Exception {
    Random random = new Random(seed);
    List<TestEvent> events = EventArbitraries.events(random, count, different, 0.3);
    List<String> columns = new ArrayList<>(view.columns());
    // More than the view reads, in another order.
    columns.add("other");
    Collections.reverse(columns);
    ColumnarAggregation aggregation = new ColumnarAggregation(view, columns);
    ColumnBatch batch = ColumnBatch.of(view.eventType(), columns);
    Drained drained = new Drained(view);
    Map<String, Aggregate> expected = new HashMap<>();
    Set<String> marked = new HashSet<>();
    BoundView bound = view.bind(columns);
    long setAside = 0;
    for (int at = 0; at < events.size(); ) {
      int size = Math.min(events.size() - at, 1 + random.nextInt(300));
      List<TestEvent> some = events.subList(at, at + size);
      at += size;
      fill(batch, columns, some, random);
      int[] rows = new int[ColumnBatch.CAPACITY];
      boolean[] marks = new boolean[ColumnBatch.CAPACITY];
      int n = 0;
      for (int i = 0; i < size; i++) {
        if (random.nextInt(5) > 0) {
          rows[n++] = i;
          marks[i] = random.nextInt(10) == 0;
          Row row = some.get(i).row(columns);
          if (bound.accepts(row)) {
            String key = HEX.formatHex(bound.rowKey());
            bound.addTo(expected.computeIfAbsent(key, k -> view.shape().emptyAggregate()));
            if (marks[i]) {
              marked.add(key);
            }
          } else if (bound.whySetAside().isPresent() && !marks[i]) {
            setAside++;
          }
        }
      }
      aggregation.add(batch, rows, n, marks);
      assertThat(aggregation.sizeBytes()).isPositive();
      if (random.nextInt(4) == 0) {
        aggregation.drain(drained);
        assertThat(aggregation.size()).isZero();
      }
    }
    aggregation.drain(drained);
    assertThat(aggregation.setAside()).isEqualTo(setAside);
    assertThat(aggregation.whySetAside()).hasSize((int) Math.min(20, setAside));
    if (view == FAILING) {
      assertThat(setAside).isPositive();
    }
    assertThat(drained.groups.keySet()).isEqualTo(expected.keySet());
    drained.groups.forEach(
        (key, group) -> {
          assertThat(HEX.formatHex(group.aggregate().toBytes()))
              .isEqualTo(HEX.formatHex(expected.get(key).toBytes()));
          assertThat(group.marked()).isEqualTo(marked.contains(key));
        });
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void allMetrics(@ForAll long seed) throws Exception {
    check(TestTypes.ALL_METRICS, seed, 1_500, 12);
    check(TestTypes.ALL_METRICS, seed, 1_500, 1 << 20);
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void keysOfAllTypesFilterAndDerivedColumns(@ForAll long seed) throws Exception {
    check(MANY_KEYS, seed, 1_500, 3);
    check(MANY_KEYS, seed, 3_000, 5_000);
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void noKeys(@ForAll long seed) throws Exception {
    check(NO_KEYS, seed, 1_000, 8);
  }

  /** Tables grow past their first size, and what they held is found again. */
  @Test
  void manyGroups() throws Exception {
    check(TestTypes.ALL_METRICS, 5, 20_000, 1 << 20);
  }

  @Test
  void sizeFollowsWhatIsHeld() throws Exception {
    View view =
        View.named("sizes")
            .over(TestTypes.EVERYTHING)
            .keyedBy("text")
            .window(Duration.ofDays(1))
            .metric("texts", Metric.distinct("text"))
            .build();
    ColumnarAggregation aggregation = new ColumnarAggregation(view, view.columns());
    long empty = aggregation.sizeBytes();
    ColumnBatch batch = ColumnBatch.of(view.eventType(), view.columns());
    batch.resize(4_000);
    batch.column(0).useOwnTexts();
    for (int i = 0; i < 4_000; i++) {
      batch.column(0).setText(i, ("t" + i).repeat(100).getBytes(StandardCharsets.UTF_8));
    }
    aggregation.add(batch);
    // A text of 400 bytes or so, and a sketch of one value.
    assertThat(aggregation.sizeBytes() - empty).isBetween(4_000L * 400, 4_000L * 900);
    aggregation.drain((key, value, marked) -> {});
    assertThat(aggregation.sizeBytes() - empty).isLessThan(4_000L * 150);
  }

  /** The rows that one view cannot take are the same by columns and one by one, and counted. */
  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void whatTheViewCannotTakeIsLeftOutAndCounted(@ForAll long seed) throws Exception {
    check(FAILING, seed, 1_500, 12);
  }

  @Test
  void aLongHashesAsTheLibraryHashesIt() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      long value = i < 100 ? i - 50 : random.nextLong();
      assertThat(DistinctSketch.hash(value))
          .isEqualTo(MurmurHash3.hash(new long[] {value}, 9001)[0]);
    }
  }
}
