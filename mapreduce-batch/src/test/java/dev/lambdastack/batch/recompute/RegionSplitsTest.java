package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.LiveFiles;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.View;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionSplitsTest {
  private static View view(String... keys) {
    return View.named("v")
        .over(Sale.type("sales", Sale.V1))
        .keyedBy(keys)
        .window(Duration.ofHours(1))
        .metric("n", Metric.count())
        .build();
  }

  /** Of all events, one in two is the first key's, one in four the second's, and so on. */
  private static List<Object> skewedKey(Random random) {
    double place = Math.pow(random.nextDouble(), -1.2);
    return List.of("user-" + (long) Math.min(100_000, place));
  }

  /**
   * A mapper gives away one cell for each key and window, so a reducer's load is the cells of its
   * region, whatever share of the events one key has.
   */
  @ParameterizedTest
  @ValueSource(ints = {4, 16})
  void skewedKeysDoNotEndInOneReducer(int regions) {
    long seed = 3;
    Random random = new Random(seed);
    View view = view("user");
    TreeSet<byte[]> sample = new TreeSet<>(Arrays::compareUnsigned);
    TreeSet<byte[]> all = new TreeSet<>(Arrays::compareUnsigned);
    for (int i = 0; i < 200_000; i++) {
      Instant hour = Instant.ofEpochMilli(3_600_000L * random.nextInt(200));
      byte[] row = RowKey.of(view.shape(), skewedKey(random), hour);
      all.add(row);
      // The sample is one event in ten.
      if (i % 10 == 0) {
        sample.add(row);
      }
    }
    byte[][] cuts = RegionSplits.cuts(List.copyOf(sample), regions);
    List<byte[]> starts = new ArrayList<>(List.of(new byte[0]));
    starts.addAll(List.of(cuts));
    assertThat(starts).hasSize(regions);
    RegionPartitioner partitioner = new RegionPartitioner();
    partitioner.use(
        new PassPlan(
            "run",
            "sales",
            "",
            Instant.EPOCH,
            1,
            Optional.empty(),
            List.of(
                new PassPlan.ViewPlan("a", "", List.of(new byte[0]), Optional.empty()),
                new PassPlan.ViewPlan("v", "", starts, Optional.empty()))));
    long[] load = new long[regions + 1];
    for (byte[] row : all) {
      load[
          partitioner.getPartition(
              new ImmutableBytesWritable(CellKey.of(1, row)), null, load.length)]++;
    }
    // The first reducer is the other view's.
    assertThat(load[0]).isZero();
    double mean = all.size() / (double) regions;
    assertThat(LongStream.of(load).max().orElseThrow())
        .as("largest of %s cells", Arrays.toString(load))
        .isLessThan((long) (2 * mean));
  }

  @Test
  void everyRegionBeginsWithItsStart() {
    RegionPartitioner partitioner = new RegionPartitioner();
    List<byte[]> starts = List.of(new byte[0], new byte[] {5}, new byte[] {5, 0}, new byte[] {-1});
    partitioner.use(
        new PassPlan(
            "run",
            "sales",
            "",
            Instant.EPOCH,
            1,
            Optional.empty(),
            List.of(new PassPlan.ViewPlan("v", "", starts, Optional.empty()))));
    assertThat(
            LongStream.of(0, 4, 5, 6, 0xFF)
                .mapToInt(
                    first ->
                        partitioner.getPartition(
                            new ImmutableBytesWritable(CellKey.of(0, new byte[] {(byte) first, 0})),
                            null,
                            4)))
        .containsExactly(0, 0, 2, 2, 3);
    assertThat(
            partitioner.getPartition(
                new ImmutableBytesWritable(CellKey.of(0, new byte[] {5})), null, 4))
        .isEqualTo(1);
  }

  @Test
  void fewKeysMakeFewRegions() {
    assertThat(RegionSplits.cuts(List.of(), 4)).isEmpty();
    assertThat(RegionSplits.cuts(List.of(new byte[] {1}), 4)).isEmpty();
    assertThat(RegionSplits.cuts(List.of(new byte[] {1}, new byte[] {2}), 4))
        .isDeepEqualTo(new byte[][] {{2}});
  }

  @Test
  void picksStandEquallyFarFromEachOther() {
    List<LiveFile> files = new ArrayList<>();
    for (long rows : List.of(100L, 700L, 1L, 799L)) {
      files.add(LiveFiles.of("f" + rows, rows, 9));
    }
    List<RegionSplits.Pick> picks = RegionSplits.picks(files, 16);
    assertThat(picks).hasSize(16);
    assertThat(picks.stream().filter(p -> p.file().rows() == 100)).hasSize(1);
    assertThat(picks.stream().filter(p -> p.file().rows() == 700)).hasSize(7);
    assertThat(picks.stream().filter(p -> p.file().rows() == 799)).hasSize(8);
    assertThat(picks).allMatch(p -> p.fraction() >= 0 && p.fraction() < 1);
  }
}
