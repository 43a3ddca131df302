package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.log.Boundary;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EpochSearchTest {
  private static final Duration EPOCH = Duration.ofMillis(10);

  /** A log of append times, by partition; an offset is a place in the list. */
  private record ListLog(Map<Integer, List<Long>> times, int[] lookUps) implements EpochSearch.Log {
    ListLog(Map<Integer, List<Long>> times) {
      this(times, new int[1]);
    }

    @Override
    public Map<Integer, Boundary> boundaryRecords(long time, Collection<Integer> partitions) {
      lookUps[0]++;
      Map<Integer, Boundary> found = new TreeMap<>();
      for (int partition : partitions) {
        List<Long> appended = times.get(partition);
        for (int i = 0; i < appended.size(); i++) {
          if (appended.get(i) >= time) {
            found.put(partition, new Boundary(i, appended.get(i), OptionalInt.empty()));
            break;
          }
        }
      }
      return found;
    }
  }

  /** A partition from offset 0 on, with no record before the epoch. */
  private static PartitionStart start(long firstEpoch) {
    return new PartitionStart(0, OptionalInt.empty(), firstEpoch, 0);
  }

  @Property
  void runsSayOfEachEpochWhereTheRunningMaximumReachesIt(
      @ForAll @Size(max = 30) List<@LongRange(min = 0, max = 400) Long> times,
      @ForAll @IntRange(max = 20) int from,
      @ForAll @IntRange(max = 30) int length,
      @ForAll @IntRange(max = 40) int floor) {
    // Partitions that are added later are adopted at an epoch of which nothing was taken yet.
    long first = floor <= from ? 0 : floor;
    ListLog log = new ListLog(Map.of(0, times));
    OptionalLong end = OptionalLong.of(times.size());
    NavigableMap<Long, Long> run =
        new EpochSearch(log, EPOCH, Map.of(0, start(first)))
            .run(0, from, from + length, end)
            .boundaries();
    for (long epoch = from + 1; epoch <= from + length; epoch++) {
      long maximum = first * 10;
      long expected = maximum >= epoch * 10 ? 0 : times.size();
      for (int i = 0; i < times.size() && expected > 0; i++) {
        maximum = Math.max(maximum, times.get(i));
        if (maximum >= epoch * 10) {
          expected = i;
          break;
        }
      }
      assertThat(run.floorEntry(epoch).getValue()).isEqualTo(expected);
    }
    assertThat(log.lookUps()[0]).isLessThanOrEqualTo(times.size() + 1);
  }

  @Property
  void theNewestIsTheGreatestThatAllHave(
      @ForAll @Size(min = 1, max = 10) List<@LongRange(min = 0, max = 400) Long> first,
      @ForAll @Size(min = 1, max = 10) List<@LongRange(min = 0, max = 400) Long> second,
      @ForAll @IntRange(max = 60) int most,
      @ForAll @IntRange(max = 60) int floor) {
    ListLog log = new ListLog(Map.of(0, first, 1, second));
    EpochSearch search = new EpochSearch(log, EPOCH, Map.of(0, start(0), 1, start(floor)));
    long expected = 0;
    for (long epoch = 1; epoch <= most; epoch++) {
      boolean firstHas = first.stream().anyMatch(reaches(epoch));
      if (firstHas && (epoch <= floor || second.stream().anyMatch(reaches(epoch)))) {
        expected = epoch;
      }
    }
    assertThat(search.newestWithBoundaries(0, most, List.of(0, 1))).isEqualTo(expected);
  }

  private static Predicate<Long> reaches(long epoch) {
    return time -> time >= epoch * 10;
  }

  @Test
  void aQuietCenturyTakesOneLookUp() {
    ListLog log = new ListLog(Map.of(0, List.of(3_000_000_000L)));
    NavigableMap<Long, Long> run =
        new EpochSearch(log, EPOCH, Map.of(0, start(0)))
            .run(0, 0, 300_000_000, OptionalLong.empty())
            .boundaries();
    assertThat(run).isEqualTo(Map.of(1L, 0L));
    assertThat(log.lookUps()[0]).isEqualTo(1);
  }
}
