package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TimeRangesTest {
  private static final int SPAN = 60;

  private static TimeRanges windows(List<Long> times, long window, int most) {
    TimeRanges.OfWindows found = new TimeRanges.OfWindows(window, most);
    times.forEach(found::add);
    return found.ranges();
  }

  private static Set<Long> windowsOf(List<Long> times, long window) {
    Set<Long> all = new TreeSet<>();
    for (long time = -SPAN; time <= SPAN; time++) {
      long t = time;
      if (times.stream().anyMatch(x -> Math.floorDiv(x, window) == Math.floorDiv(t, window))) {
        all.add(time);
      }
    }
    return all;
  }

  /** A time is in them when its window holds one of the times; and only then. */
  @Property
  void holdTheWindowsOfTheTimes(
      @ForAll @Size(max = 12) List<@LongRange(min = -SPAN, max = SPAN) Long> times,
      @ForAll @IntRange(min = 1, max = 9) int window) {
    TimeRanges ranges = windows(times, window, 1_000);
    Set<Long> expected = windowsOf(times, window);
    long[] all = new long[2 * SPAN + 1];
    Arrays.setAll(all, i -> i - SPAN);
    int[] selected = new int[all.length];
    int count = ranges.select(all, all.length, selected);
    assertThat(Arrays.stream(selected, 0, count).mapToObj(i -> all[i]))
        .containsExactlyElementsOf(expected);
    for (long least = -SPAN; least <= SPAN; least += 7) {
      for (long greatest = least; greatest <= SPAN; greatest += 5) {
        long from = least;
        long to = greatest;
        assertThat(ranges.overlaps(least, greatest))
            .isEqualTo(expected.stream().anyMatch(t -> t >= from && t <= to));
      }
    }
    assertThat(TimeRanges.of(ranges.startsAndEnds())).isEqualTo(ranges);
    assertThat(ranges.isEmpty()).isEqualTo(times.isEmpty());
  }

  @Property
  void togetherHoldWhatEitherHolds(
      @ForAll @Size(max = 8) List<@LongRange(min = -SPAN, max = SPAN) Long> some,
      @ForAll @Size(max = 8) List<@LongRange(min = -SPAN, max = SPAN) Long> others,
      @ForAll @IntRange(min = 1, max = 9) int window,
      @ForAll @IntRange(min = 1, max = 9) int otherWindow) {
    TimeRanges both = windows(some, window, 1_000).and(windows(others, otherWindow, 1_000));
    Set<Long> expected = windowsOf(some, window);
    expected.addAll(windowsOf(others, otherWindow));
    for (long time = -SPAN; time <= SPAN; time++) {
      assertThat(both.contains(time)).as("time %d", time).isEqualTo(expected.contains(time));
    }
    assertThat(TimeRanges.of(both.startsAndEnds())).isEqualTo(both);
  }

  /** Fewer ranges hold more, in whole windows, and never less. */
  @Property
  void tooManyAreTakenTogether(
      @ForAll @Size(min = 5, max = 30) List<@LongRange(min = -SPAN, max = SPAN) Long> times,
      @ForAll @IntRange(min = 1, max = 4) int most) {
    TimeRanges ranges = windows(times, 3, most);
    assertThat(ranges.startsAndEnds().length / 2).isLessThanOrEqualTo(most);
    assertThat(Arrays.stream(ranges.startsAndEnds())).allMatch(t -> Math.floorMod(t, 3) == 0);
    assertThat(windowsOf(times, 3)).allMatch(ranges::contains);
  }

  @Test
  void manyTimesOfFewWindowsTakeLittle() {
    TimeRanges.OfWindows found = new TimeRanges.OfWindows(1_000, 10);
    for (int i = 0; i < 100_000; i++) {
      found.add(i * 7919L % 5_000);
    }
    assertThat(found.ranges()).isEqualTo(TimeRanges.of(0, 5_000));
  }
}
