package dev.lambdastack.views.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.datasketches.hll.HllSketch;
import org.junit.jupiter.api.Test;

class DistinctSketchTest {
  private static final double STANDARD_ERROR = 1.04 / Math.sqrt(DistinctSketch.REGISTERS);

  private static byte[] bytes(DistinctSketch sketch) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      sketch.writeTo(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static DistinctSketch read(byte[] bytes) throws IOException {
    return DistinctSketch.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void equalSetsHaveEqualBytesWhateverTheOrderTheRepeatsAndTheMerges(
      @ForAll long seed, @ForAll @IntRange(max = 1600) int size) throws IOException {
    Random random = new Random(seed);
    List<Long> hashes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      long value = random.nextInt(1 + size * 2);
      // Some that meet in the table, 0 among them.
      hashes.add(value < size / 4 ? (value << 40) : DistinctSketch.hash(value));
    }
    DistinctSketch whole = new DistinctSketch();
    hashes.forEach(whole::add);

    Collections.shuffle(hashes, random);
    DistinctSketch[] parts = {new DistinctSketch(), new DistinctSketch(), new DistinctSketch()};
    for (long hash : hashes) {
      parts[random.nextInt(3)].add(hash);
      parts[random.nextInt(3)].add(hash);
    }
    parts[1].merge(read(bytes(parts[2])));
    parts[0].merge(parts[1]);

    assertThat(bytes(parts[0])).isEqualTo(bytes(whole));
    assertThat(bytes(read(bytes(whole)))).isEqualTo(bytes(whole));
    assertThat(parts[0].estimate()).isEqualTo(whole.estimate());
    Set<Long> set = new HashSet<>(hashes);
    if (set.size() <= DistinctSketch.MAX_EXACT) {
      assertThat(whole.estimate()).isEqualTo(set.size());
      assertThat(bytes(whole)).hasSize(3 + 8 * set.size());
    } else {
      assertThat(bytes(whole)).hasSize(1 + DistinctSketch.REGISTERS);
    }
  }

  /** Batch holds the values from 0 on, speed those up to the last; they share {@code shared}. */
  @Test
  void atTheLastExactCountEverySplitOverBothLayersHasTheBytesOfTheWhole() throws IOException {
    for (int size : new int[] {511, 512, 513, 514}) {
      DistinctSketch whole = ofRange(0, size);

      for (int split = 0; split <= size; split++) {
        for (int shared : new int[] {0, 1, split / 2, split}) {
          DistinctSketch merged = read(bytes(ofRange(0, split)));
          merged.merge(read(bytes(ofRange(Math.max(0, split - shared), size))));

          assertThat(bytes(merged))
              .as("%d + %d, %d shared", split, size - split, shared)
              .isEqualTo(bytes(whole));
        }
      }

      assertThat(whole.isExact()).isEqualTo(size <= DistinctSketch.MAX_EXACT);
    }
  }

  private static DistinctSketch ofRange(int from, int to) {
    DistinctSketch sketch = new DistinctSketch();
    for (int value = from; value < to; value++) {
      sketch.add(DistinctSketch.hash(value));
    }
    return sketch;
  }

  /**
   * Over 200 seeds at each size: no error beyond 5 standard errors, their root mean square about
   * one, no bias; DataSketches' HLL of the same size on the same values is no better than 1.5
   * times.
   */
  @Test
  void theEstimateErrsAsAHyperLogLogOf4096RegistersMayAndNoMore() {
    for (int size : new int[] {513, 1_000, 4_096, 12_000, 50_000}) {
      int seeds = size > 10_000 ? 60 : 200;
      double squares = 0;
      double sum = 0;
      double theirSquares = 0;
      for (int seed = 0; seed < seeds; seed++) {
        Random random = new Random(seed * 1_000_003L + size);
        DistinctSketch sketch = new DistinctSketch();
        HllSketch theirs = new HllSketch(DistinctSketch.LG_REGISTERS);
        Set<Long> exact = new HashSet<>();
        while (exact.size() < size) {
          long value = random.nextLong();
          exact.add(value);
          sketch.add(DistinctSketch.hash(value));
          theirs.update(value);
        }
        double error = sketch.estimate() / (double) size - 1;
        double theirError = theirs.getCompositeEstimate() / size - 1;
        assertThat(Math.abs(error))
            .as("size %d seed %d", size, seed)
            .isLessThan(5 * STANDARD_ERROR);
        squares += error * error;
        sum += error;
        theirSquares += theirError * theirError;
      }
      double rms = Math.sqrt(squares / seeds);
      double theirRms = Math.sqrt(theirSquares / seeds);
      System.out.printf(
          "distinct of %6d values, %d seeds: error %.2f %% (mean %+.2f %%), DataSketches %.2f %%%n",
          size, seeds, 100 * rms, 100 * sum / seeds, 100 * theirRms);
      assertThat(rms).as("size %d", size).isLessThan(1.25 * STANDARD_ERROR);
      assertThat(rms).as("size %d", size).isLessThan(Math.max(1.5 * theirRms, STANDARD_ERROR));
      assertThat(Math.abs(sum / seeds))
          .as("bias at %d", size)
          .isLessThan(3 * STANDARD_ERROR / Math.sqrt(seeds));
    }
  }

  @Test
  void theLastExactCountAndTheFirstEstimateAreClose() {
    DistinctSketch sketch = new DistinctSketch();
    for (long i = 0; i < DistinctSketch.MAX_EXACT; i++) {
      sketch.add(DistinctSketch.hash(i));
      assertThat(sketch.estimate()).isEqualTo(i + 1);
    }
    sketch.add(DistinctSketch.hash(-1));
    assertThat(sketch.estimate()).isBetween(490L, 536L);
  }

  @Test
  void hashesOfTheWholeRangeAreCounted() {
    DistinctSketch sketch = new DistinctSketch();
    for (long hash : new long[] {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE, 0, -1}) {
      sketch.add(hash);
    }
    assertThat(sketch.estimate()).isEqualTo(5);
    for (long i = 0; i < 600; i++) {
      sketch.add(i);
    }
    // Hashes 0 to 599 share register 0 of 4096: an estimate of few, by design of no real input.
    assertThat(sketch.estimate()).isBetween(3L, 6L);
    assertThat(bytes(sketch)).hasSize(1 + DistinctSketch.REGISTERS);
  }

  @Test
  void emptyTextIsAValueOfItsOwn() {
    DistinctSketch sketch = new DistinctSketch();
    sketch.add(DistinctSketch.hash(new byte[0]));
    sketch.add(DistinctSketch.hash(new byte[] {0}));
    sketch.add(DistinctSketch.hash(new byte[0]));
    assertThat(sketch.estimate()).isEqualTo(2);
  }

  @Test
  void unknownFormsAreRefused() {
    assertThatThrownBy(() -> read(new byte[] {2}))
        .isInstanceOf(IOException.class)
        .hasMessage("unknown form of a sketch (expected 0 or 1)");
    assertThatThrownBy(() -> read(new byte[] {0, 2, 1}))
        .isInstanceOf(IOException.class)
        .hasMessage("sketch of 513 hashes (expected at most 512)");
  }
}
