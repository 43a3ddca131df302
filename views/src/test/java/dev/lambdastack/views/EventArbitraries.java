package dev.lambdastack.views;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Events with every column, from one seed: extreme values, ties in event time, nulls, and as many
 * different values as asked for.
 */
public final class EventArbitraries {
  private static final long[] LONGS = {
    0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE + 1, 1L << 62
  };
  private static final long MAX_UNSCALED = 999_999_999_999_999_999L;
  private static final double[] DOUBLES = {
    0.0,
    -0.0,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    1.5
  };
  private static final String[] TEXTS = {
    "", "a", "\0", "a\0", "a\0b", "é", "\uFFFF", "\uD83D\uDE00", "ab", "b"
  };

  private EventArbitraries() {}

  /**
   * Events in the order of no log: each position in the log at most once.
   *
   * @param different how many different values a column may take at most
   * @param nulls share of nulls in nullable columns
   */
  public static List<TestEvent> events(Random random, int count, int different, double nulls) {
    List<TestEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, Object> values = new HashMap<>();
      for (String suffix : List.of("", "_null")) {
        for (String column : TestTypes.SIMPLE) {
          if (suffix.isEmpty() || random.nextDouble() >= nulls) {
            values.put(column + suffix, value(column, random, different));
          }
        }
      }
      // Few event times, so that most latest values are decided by partition and offset.
      events.add(new TestEvent(values, random.nextInt(3) - 1, i % 3, i / 3));
    }
    Collections.shuffle(events, random);
    return events;
  }

  private static Object value(String column, Random random, int different) {
    int pick = random.nextInt(different);
    return switch (column) {
      case "text" -> pick < TEXTS.length ? TEXTS[pick] : "text " + pick;
      case "whole" -> pick < LONGS.length ? LONGS[pick] : pick * 0x9E3779B97F4A7C15L;
      case "money" ->
          BigDecimal.valueOf(
              pick == 0 ? MAX_UNSCALED : pick == 1 ? -MAX_UNSCALED : pick * 7919L - 10_000, 2);
      case "real" -> pick < DOUBLES.length ? DOUBLES[pick] : Math.sin(pick) * pick;
      case "flag" -> pick % 2 == 0;
      case "time" ->
          Instant.ofEpochMilli(
              pick == 0 ? -62_135_596_800_000L : pick == 1 ? 253_402_300_799_999L : pick * 1000L);
      default -> throw new AssertionError(column);
    };
  }
}
