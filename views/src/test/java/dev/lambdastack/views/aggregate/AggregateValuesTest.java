package dev.lambdastack.views.aggregate;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.EventArbitraries;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.TestEvent;
import dev.lambdastack.views.TestTypes;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewShape;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What each metric says, beside the same in plain Java. */
class AggregateValuesTest {
  private static final View ALL = TestTypes.ALL_METRICS;

  private static Object value(Metric metric, TestEvent... events) {
    return TestTypes.aggregate(TestTypes.of(metric), List.of(events)).values().get("m");
  }

  private static TestEvent[] with(String column, Object... values) {
    List<TestEvent> events = new ArrayList<>();
    for (Object value : values) {
      events.add(TestEvent.at(0, 0, events.size()).with(column, value));
    }
    return events.toArray(TestEvent[]::new);
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void everyMetricSaysWhatPlainJavaSays(
      @ForAll long seed,
      @ForAll @IntRange(max = 80) int size,
      @ForAll @IntRange(max = 4) int nulls) {
    List<TestEvent> events =
        EventArbitraries.events(new Random(seed), size, 1 + size / 2, nulls / 4.0);
    Map<String, Object> actual = TestTypes.aggregate(ALL, events).values();

    assertThat(actual.get("n")).isEqualTo((long) events.size());
    for (ViewShape.NamedMetric named : ALL.shape().metrics()) {
      if (named.input() != null) {
        assertThat(actual.get(named.name()))
            .as(named.name())
            .isEqualTo(expected(named.metric(), named.input(), events));
      }
    }
    assertThat(List.copyOf(actual.keySet()))
        .isEqualTo(ALL.shape().metrics().stream().map(ViewShape.NamedMetric::name).toList());
  }

  private static Object expected(Metric metric, Column column, List<TestEvent> events) {
    List<TestEvent> present = events.stream().filter(e -> e.value(column.name()) != null).toList();
    List<Object> values = present.stream().map(e -> e.value(column.name())).toList();
    if (metric.kind() == Metric.Kind.DISTINCT) {
      return (long) new HashSet<>(values).size();
    }
    if (values.isEmpty()) {
      return null;
    }
    return switch (metric.kind()) {
      case SUM -> total(values, column);
      case AVG ->
          total(values, column)
              .divide(
                  BigDecimal.valueOf(values.size()),
                  metric.scale() == -1 ? column.scale() + 4 : metric.scale(),
                  metric.rounding());
      case MIN -> values.stream().min(AggregateValuesTest::compare).orElseThrow();
      case MAX -> values.stream().max(AggregateValuesTest::compare).orElseThrow();
      case LATEST ->
          present.stream()
              .max(
                  Comparator.comparingLong(TestEvent::eventTime)
                      .thenComparingInt(TestEvent::partition)
                      .thenComparingLong(TestEvent::offset))
              .orElseThrow()
              .value(column.name());
      case COUNT, DISTINCT -> throw new AssertionError(metric.kind());
    };
  }

  private static BigDecimal total(List<Object> values, Column column) {
    return values.stream()
        .map(v -> v instanceof BigDecimal d ? d : BigDecimal.valueOf((Long) v))
        .reduce(BigDecimal.ZERO, BigDecimal::add)
        .setScale(column.scale());
  }

  @SuppressWarnings("unchecked")
  private static int compare(Object a, Object b) {
    return ((Comparable<Object>) a).compareTo(b);
  }

  @Test
  void sumsPassTheEdgeOfALongAndComeBack() {
    BigInteger max = BigInteger.valueOf(Long.MAX_VALUE);
    assertThat(value(sum("whole"), with("whole", Long.MAX_VALUE, 1L)))
        .isEqualTo(new BigDecimal(max.add(BigInteger.ONE)));
    assertThat(value(sum("whole"), with("whole", Long.MIN_VALUE, -1L)))
        .isEqualTo(new BigDecimal(max.negate().subtract(BigInteger.TWO)));
    assertThat(
            value(
                sum("whole"),
                with(
                    "whole", Long.MAX_VALUE, Long.MAX_VALUE, -Long.MAX_VALUE, -Long.MAX_VALUE, 7L)))
        .isEqualTo(BigDecimal.valueOf(7));
  }

  @Test
  void aSumThatCameBackIntoALongHasTheBytesOfOneThatNeverLeft() {
    View view = TestTypes.of(sum("whole"));
    byte[] out =
        TestTypes.aggregate(
                view, List.of(with("whole", Long.MAX_VALUE, Long.MAX_VALUE, -Long.MAX_VALUE)))
            .toBytes();
    byte[] in =
        TestTypes.aggregate(view, List.of(with("whole", Long.MAX_VALUE, 3L, -3L))).toBytes();
    assertThat(out).isEqualTo(in);
  }

  @Test
  void moneyKeepsItsScale() {
    assertThat(value(sum("money"), with("money", new BigDecimal("0.10"), new BigDecimal("0.20"))))
        .isEqualTo(new BigDecimal("0.30"));
    assertThat(value(min("money"), with("money", new BigDecimal("-5.00"))))
        .isEqualTo(new BigDecimal("-5.00"));
  }

  @Test
  void averagesAreRoundedOnceWhenRead() {
    TestEvent[] thirds = with("whole", 1L, 0L, 0L);
    assertThat(value(avg("whole"), thirds)).isEqualTo(new BigDecimal("0.3333"));
    assertThat(value(avg("whole", 0, RoundingMode.UP), thirds)).isEqualTo(new BigDecimal("1"));
    assertThat(value(avg("money"), with("money", new BigDecimal("0.01"), new BigDecimal("0.02"))))
        .isEqualTo(new BigDecimal("0.015000"));
    assertThat(value(avg("whole", 0, RoundingMode.HALF_EVEN), with("whole", 1L, 2L)))
        .isEqualTo(new BigDecimal("2"));
    assertThat(value(avg("whole", 0, RoundingMode.HALF_EVEN), with("whole", 0L, 1L)))
        .isEqualTo(new BigDecimal("0"));
  }

  @Test
  void nullsAreCountedByCountAlone() {
    TestEvent[] nulls = with("whole_null", null, null, null);
    assertThat(value(count(), nulls)).isEqualTo(3L);
    assertThat(value(sum("whole_null"), nulls)).isNull();
    assertThat(value(avg("whole_null"), nulls)).isNull();
    assertThat(value(min("whole_null"), nulls)).isNull();
    assertThat(value(max("whole_null"), nulls)).isNull();
    assertThat(value(latest("whole_null"), nulls)).isNull();
    assertThat(value(distinct("whole_null"), nulls)).isEqualTo(0L);
    assertThat(value(avg("whole_null"), with("whole_null", 4L, null)))
        .isEqualTo(new BigDecimal("4.0000"));
  }

  @Test
  void extremesOfDoublesStandInDoubleCompareOrder() {
    Object[] values = {-0.0, 0.0, Double.NEGATIVE_INFINITY, Double.NaN, -1.5, Double.MIN_VALUE};
    assertThat(value(max("real"), with("real", values))).isEqualTo(Double.NaN);
    assertThat(value(min("real"), with("real", values))).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(value(min("real"), with("real", 0.0, -0.0))).isEqualTo(-0.0);
    assertThat(value(max("real"), with("real", -1.5, -1.25))).isEqualTo(-1.25);
  }

  @Test
  void aNotANumberIsOneValueWhateverItsBits() {
    double other = Double.longBitsToDouble(0xFFF8_0000_0000_0001L);
    for (Metric metric : List.of(distinct("real"), latest("real"), max("real"))) {
      View view = TestTypes.of(metric);
      assertThat(TestTypes.aggregate(view, List.of(with("real", other))).toBytes())
          .isEqualTo(TestTypes.aggregate(view, List.of(with("real", Double.NaN))).toBytes());
    }
  }

  @Test
  void latestGoesByEventTimeThenPartitionThenOffset() {
    TestEvent early = TestEvent.at(-5, 9, 9).with("text", "early");
    TestEvent tie = TestEvent.at(3, 1, 80).with("text", "lower partition");
    TestEvent lower = TestEvent.at(3, 2, 7).with("text", "lower offset");
    TestEvent last = TestEvent.at(3, 2, 8).with("text", "last");
    for (List<TestEvent> order :
        List.of(
            List.of(early, tie, lower, last),
            List.of(last, lower, tie, early),
            List.of(lower, last, early, tie))) {
      assertThat(value(latest("text"), order.toArray(TestEvent[]::new))).isEqualTo("last");
    }
  }

  @Test
  void aNullIsNeverTheLatest() {
    assertThat(
            value(
                latest("text_null"),
                TestEvent.at(1, 0, 0).with("text_null", "here"),
                TestEvent.at(2, 0, 1)))
        .isEqualTo("here");
  }

  @Test
  void valuesHaveTheirColumnsTypes() {
    Instant time = Instant.parse("2026-01-31T12:00:00.123Z");
    assertThat(value(latest("time"), with("time", time))).isEqualTo(time);
    assertThat(value(max("time"), with("time", time, Instant.EPOCH))).isEqualTo(time);
    assertThat(value(latest("flag"), with("flag", true))).isEqualTo(true);
    assertThat(value(latest("real"), with("real", -0.0))).isEqualTo(-0.0);
    assertThat(value(latest("money"), with("money", new BigDecimal("1.00"))))
        .isEqualTo(new BigDecimal("1.00"));
    assertThat(value(min("whole"), with("whole", Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void distinctIsExactUpToItsEdge() {
    for (int n : new int[] {0, 1, 511, 512}) {
      Object[] values = new Object[n];
      Arrays.setAll(values, i -> "value " + i);
      assertThat(value(distinct("text"), with("text", values))).isEqualTo((long) n);
    }
  }

  @Test
  void aggregatesOfTwoDeclarationsDoNotMerge() {
    Aggregate sums = TestTypes.of(sum("whole")).shape().emptyAggregate();
    Aggregate money = TestTypes.of(sum("money")).shape().emptyAggregate();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sums.merge(money))
        .withMessageContaining("aggregates of two declarations")
        .withMessageContaining("money");
  }

  @Test
  void whatIsNoValueIsRefusedWithItsReason() {
    View view =
        View.named("v")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .metric("s", sum("whole"))
            .metric("t", latest("text"))
            .metric("d", distinct("text"))
            .build();
    byte[] good =
        TestTypes.aggregate(
                view, List.of(TestEvent.at(0, 0, 0).with("whole", 1L).with("text", "x")))
            .toBytes();
    byte[] otherLayout = good.clone();
    otherLayout[0] = 2;
    assertRefused(view, otherLayout, "layout 2 (expected 1)");
    assertRefused(view, Arrays.copyOf(good, good.length + 2), "2 bytes too many");
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> view.shape().decode(cut))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot decode a value of view v (" + length + " bytes): ");
    }
    byte[] noSum = good.clone();
    noSum[17] = 0;
    assertThatThrownBy(() -> view.shape().decode(noSum)).isInstanceOf(IllegalStateException.class);
  }

  private static void assertRefused(View view, byte[] bytes, String why) {
    assertThatThrownBy(() -> view.shape().decode(bytes))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            String.format(
                Locale.ROOT, "Cannot decode a value of view v (%d bytes): %s", bytes.length, why));
  }

  @Test
  void anEmptyAggregateHasNoEvents() {
    Aggregate empty = ALL.shape().emptyAggregate();
    assertThat(empty.events()).isZero();
    assertThat(empty.values().values().stream().filter(Objects::nonNull).distinct())
        .containsExactly(0L);
  }
}
