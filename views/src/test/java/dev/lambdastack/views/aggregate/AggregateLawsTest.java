package dev.lambdastack.views.aggregate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.EventArbitraries;
import dev.lambdastack.views.TestEvent;
import dev.lambdastack.views.TestTypes;
import dev.lambdastack.views.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The laws that let two layers share the work, for every metric over every type of column. */
class AggregateLawsTest {
  private static final View VIEW = TestTypes.ALL_METRICS;
  private static final int MANY = 1 << 20;

  /** Sizes on both sides of every change of form: empty, sparse, at the edge, dense. */
  private enum Size {
    EMPTY(0, 1),
    ONE(1, 10),
    FEW(7, 12),
    REPEATED(60, 12),
    HALF_THE_EDGE(DistinctSketch.MAX_EXACT / 2, MANY),
    BELOW_THE_EDGE(DistinctSketch.MAX_EXACT - 1, MANY),
    AT_THE_EDGE(DistinctSketch.MAX_EXACT, MANY),
    BEYOND_THE_EDGE(DistinctSketch.MAX_EXACT + 1, MANY),
    DENSE_FROM_FEW(1500, 520),
    DENSE(1500, MANY);

    final int events;
    final int different;

    Size(int events, int different) {
      this.events = events;
      this.different = different;
    }
  }

  @Provide
  Arbitrary<List<TestEvent>> events() {
    return Combinators.combine(
            Arbitraries.longs(), Arbitraries.of(Size.class), Arbitraries.of(0.0, 0.5, 1.0))
        .as(
            (seed, size, nulls) ->
                EventArbitraries.events(new Random(seed), size.events, size.different, nulls));
  }

  /** Events of one log, dealt out at random: no position twice. */
  private static List<List<TestEvent>> deal(List<TestEvent> events, int parts, long seed) {
    Random random = new Random(seed);
    List<TestEvent> shuffled = new ArrayList<>(events);
    Collections.shuffle(shuffled, random);
    List<List<TestEvent>> dealt = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      dealt.add(new ArrayList<>());
    }
    shuffled.forEach(e -> dealt.get(random.nextInt(parts)).add(e));
    return dealt;
  }

  private static Aggregate aggregate(List<TestEvent> events) {
    return TestTypes.aggregate(VIEW, events);
  }

  /** Names the first byte that differs: whole values are too long to read. */
  private static void assertSame(byte[] actual, byte[] expected) {
    assertThat(Arrays.mismatch(actual, expected))
        .as("first byte that differs, of %d and %d", actual.length, expected.length)
        .isEqualTo(-1);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void mergeIsAssociative(@ForAll("events") List<TestEvent> events, @ForAll long seed) {
    List<List<TestEvent>> parts = deal(events, 3, seed);
    Aggregate left = aggregate(parts.get(0));
    left.merge(aggregate(parts.get(1)));
    left.merge(aggregate(parts.get(2)));

    Aggregate tail = aggregate(parts.get(1));
    tail.merge(aggregate(parts.get(2)));
    Aggregate right = aggregate(parts.get(0));
    right.merge(tail);

    assertSame(left.toBytes(), right.toBytes());
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void mergeIsCommutative(@ForAll("events") List<TestEvent> events, @ForAll long seed) {
    List<List<TestEvent>> parts = deal(events, 2, seed);
    Aggregate ab = aggregate(parts.get(0));
    ab.merge(aggregate(parts.get(1)));
    Aggregate ba = aggregate(parts.get(1));
    ba.merge(aggregate(parts.get(0)));

    assertSame(ab.toBytes(), ba.toBytes());
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void theEmptyAggregateIsTheIdentity(@ForAll("events") List<TestEvent> events) {
    byte[] whole = aggregate(events).toBytes();
    Aggregate left = VIEW.shape().emptyAggregate();
    left.merge(aggregate(events));
    Aggregate right = aggregate(events);
    right.merge(VIEW.shape().emptyAggregate());

    assertSame(left.toBytes(), whole);
    assertSame(right.toBytes(), whole);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void mergeLeavesItsArgumentAsItIs(@ForAll("events") List<TestEvent> events, @ForAll long seed) {
    List<List<TestEvent>> parts = deal(events, 3, seed);
    Aggregate other = aggregate(parts.get(0));
    byte[] before = other.toBytes();
    Aggregate target = aggregate(parts.get(1));
    target.merge(other);
    target.merge(aggregate(parts.get(2)));

    assertSame(other.toBytes(), before);
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void anySplitInAnyOrderGivesTheBytesOfTheWhole(
      @ForAll("events") List<TestEvent> events, @ForAll long seed) {
    byte[] whole = aggregate(events).toBytes();
    Random random = new Random(seed);
    List<Aggregate> parts = new ArrayList<>();
    deal(events, 1 + random.nextInt(6), seed).forEach(part -> parts.add(aggregate(part)));
    while (parts.size() > 1) {
      Aggregate one = parts.remove(random.nextInt(parts.size()));
      Aggregate other = parts.remove(random.nextInt(parts.size()));
      Aggregate target = random.nextBoolean() ? VIEW.shape().decode(one.toBytes()) : one;
      target.merge(other);
      parts.add(target);
    }

    assertSame(parts.get(0).toBytes(), whole);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void bytesRoundTripFromAnyPlaceInAnArray(
      @ForAll("events") List<TestEvent> events, @ForAll byte padding) {
    Aggregate aggregate = aggregate(events);
    byte[] bytes = aggregate.toBytes();
    byte[] padded = new byte[bytes.length + 7];
    Arrays.fill(padded, padding);
    System.arraycopy(bytes, 0, padded, 3, bytes.length);

    Aggregate decoded = VIEW.shape().decode(padded, 3, bytes.length);
    assertSame(decoded.toBytes(), bytes);
    assertThat(decoded.values()).isEqualTo(aggregate.values());
    assertThat(decoded.events()).isEqualTo(aggregate.events()).isEqualTo(events.size());
  }
}
