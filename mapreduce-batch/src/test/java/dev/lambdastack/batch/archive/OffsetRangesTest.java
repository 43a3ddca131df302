package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.master.PartitionRange;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class OffsetRangesTest {
  private static PartitionRange range(long start, long end) {
    return new PartitionRange(start, end, OptionalInt.empty(), new TreeMap<>());
  }

  @Property
  void coverThePartitionWithoutHolesOrOverlaps(
      @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long start,
      @ForAll @LongRange(min = 0, max = 5_000) long length,
      @ForAll @LongRange(min = 1, max = 700) long split) {
    List<OffsetRange> ranges =
        OffsetRanges.of(
            Map.of(2, range(start, start + length)),
            Map.of(2, new PartitionStart(start, OptionalInt.of(9), 0, 0)),
            split);
    long at = start;
    for (OffsetRange range : ranges) {
      assertThat(range.partition()).isEqualTo(2);
      assertThat(range.start()).isEqualTo(at);
      assertThat(range.getLength()).isBetween(1L, split);
      assertThat(range.leaderEpoch()).isEqualTo(at == start ? 9 : OffsetRange.UNKNOWN);
      at = range.end();
    }
    assertThat(at).isEqualTo(start + length);
    assertThat(ranges).hasSize((int) ((length + split - 1) / split));
  }

  @Test
  void hugeOffsetsDoNotOverflow() {
    long end = Long.MAX_VALUE - 1;
    List<OffsetRange> ranges =
        OffsetRanges.of(
            Map.of(0, range(0, end)),
            Map.of(0, new PartitionStart(0, OptionalInt.empty(), 0, 0)),
            end / 3 - 1);
    assertThat(ranges).hasSize(4);
    assertThat(ranges.get(3).end()).isEqualTo(end);
  }
}
