package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RunChainTest {
  private static final ArchiveRun FIRST =
      ArchiveRunTest.run(1, Optional.empty(), 0, 5, ranges(5, 0, 10, 0, 3));
  private static final Optional<String> DIGEST = Optional.of(FIRST.digest());

  /** Of two partitions. */
  private static SortedMap<Integer, PartitionRange> ranges(
      long toEpoch, long start0, long end0, long start1, long end1) {
    return new TreeMap<>(Map.of(0, range(toEpoch, start0, end0), 1, range(toEpoch, start1, end1)));
  }

  private static PartitionRange range(long toEpoch, long start, long end) {
    return new PartitionRange(start, end, OptionalInt.empty(), new TreeMap<>(Map.of(toEpoch, end)));
  }

  private static ArchiveRun second(SortedMap<Integer, PartitionRange> ranges) {
    return ArchiveRunTest.run(2, DIGEST, 5, 8, ranges);
  }

  private static void check(List<ArchiveRun> before, Optional<String> digest, ArchiveRun run) {
    RunChain.checkFollows(before, digest, run, "hits");
  }

  private static void assertRefused(
      String problem, List<ArchiveRun> before, Optional<String> digest, ArchiveRun run) {
    assertThatThrownBy(() -> check(before, digest, run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void theFirstBeginsAtTheBeginning() {
    assertThatCode(() -> check(List.of(), Optional.empty(), FIRST)).doesNotThrowAnyException();
    assertRefused(
        "it begins at epoch 1, not at 0",
        List.of(),
        Optional.empty(),
        ArchiveRunTest.run(1, Optional.empty(), 1, 5, ranges(5, 0, 10, 0, 3)));
    assertRefused(
        "partition 0 begins at offset 1, not at 0",
        List.of(),
        Optional.empty(),
        ArchiveRunTest.run(1, Optional.empty(), 0, 5, ranges(5, 1, 10, 0, 3)));
  }

  @Test
  void theNextOneBeginsWhereTheLastOneEnds() {
    assertThatCode(() -> check(List.of(FIRST), DIGEST, second(ranges(8, 10, 20, 3, 3))))
        .doesNotThrowAnyException();
    assertRefused(
        "it begins at epoch 6, not at 5",
        List.of(FIRST),
        DIGEST,
        ArchiveRunTest.run(2, DIGEST, 6, 8, ranges(8, 10, 20, 3, 3)));
    assertRefused(
        "partition 0 begins at offset 11, not at 10",
        List.of(FIRST),
        DIGEST,
        second(ranges(8, 11, 20, 3, 3)));
    assertRefused(
        "partition 1 begins at offset 2, not at 3",
        List.of(FIRST),
        DIGEST,
        second(ranges(8, 10, 20, 2, 3)));
  }

  @Test
  void aPartitionThatIsAddedBeginsAtOffsetZeroAndNoneGoes() {
    SortedMap<Integer, PartitionRange> three = ranges(8, 10, 20, 3, 3);
    three.put(2, range(8, 0, 4));
    assertThatCode(() -> check(List.of(FIRST), DIGEST, second(three))).doesNotThrowAnyException();

    three.put(2, range(8, 1, 4));
    assertRefused(
        "partition 2 begins at offset 1, not at 0", List.of(FIRST), DIGEST, second(three));

    assertRefused(
        "it has no partition 1, which the one before has",
        List.of(FIRST),
        DIGEST,
        second(new TreeMap<>(Map.of(0, range(8, 10, 20)))));
  }

  @Test
  void eachIsOfItsPlaceAndOfItsTopic() {
    assertRefused(
        "it says that it is run 2, not 1",
        List.of(),
        Optional.empty(),
        second(ranges(8, 10, 20, 3, 3)));
    assertRefused(
        "SHA-256 expected %s, found 00".formatted(DIGEST.get()),
        List.of(FIRST),
        Optional.of("00"),
        second(ranges(8, 10, 20, 3, 3)));
    assertThatThrownBy(() -> RunChain.checkFollows(List.of(), Optional.empty(), FIRST, "others"))
        .hasMessageContaining("it says that it is of topic hits");
  }
}
