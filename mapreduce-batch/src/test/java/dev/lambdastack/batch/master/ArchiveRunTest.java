package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ArchiveRunTest {
  /** Epochs {@code [from, to)} of two partitions, of which the second one is empty. */
  static ArchiveRun run(long number, Optional<String> previous, long from, long to) {
    return run(
        number,
        previous,
        from,
        to,
        new TreeMap<>(
            Map.of(
                0,
                new PartitionRange(
                    10, 25, OptionalInt.of(4), new TreeMap<>(Map.of(from + 1, 12L, to, 25L))),
                1,
                new PartitionRange(
                    0, 0, OptionalInt.empty(), new TreeMap<>(Map.of(from + 1, 0L))))));
  }

  static ArchiveRun run(
      long number,
      Optional<String> previous,
      long from,
      long to,
      SortedMap<Integer, PartitionRange> partitions) {
    return new ArchiveRun(
        number,
        "hits",
        "Abc-123",
        previous,
        "20260131T120000Z-9f86d081",
        Duration.ofMinutes(10),
        from,
        to,
        Instant.parse("1990-01-01T00:00:00Z"),
        partitions,
        "00000000075bcd15",
        7,
        new ArchiveRun.Counts(14, 11, 1, 2),
        Instant.parse("2026-01-31T12:00:01.500Z"));
  }

  /** What was committed once must be read for ever, and its digest stays what versions note. */
  @Test
  void hasThisText() {
    String expected =
        """
        {"layout":1,"number":2,"topic":"hits","topicId":"Abc-123","previous":"ab12",\
        "runId":"20260131T120000Z-9f86d081","created":"2026-01-31T12:00:01.500Z",\
        "epochMillis":600000,"fromEpoch":5,"toEpoch":8,"eventTimeMin":"1990-01-01T00:00:00Z",\
        "schema":"00000000075bcd15","sequence":7,"read":14,"events":11,"deadLetters":1,"ticks":2,\
        "partitions":{"0":{"start":10,"end":25,"leaderEpoch":4,"boundaries":[[6,12],[8,25]]},\
        "1":{"start":0,"end":0,"boundaries":[[6,0]]}}}""";

    ArchiveRun run = run(2, Optional.of("ab12"), 5, 8);

    assertThat(run.toJson()).isEqualTo(expected);
    assertThat(ArchiveRun.fromJson(expected)).isEqualTo(run);
    // sha256sum of the text above.
    assertThat(run.digest())
        .isEqualTo("2bbed146f9b43111ef38e002d038f8115ba259e27e2d746ef02c6b56645fe3a3");
  }

  @Test
  void theFirstNamesNoneBeforeIt() {
    ArchiveRun first = run(1, Optional.empty(), 0, 8);
    assertThat(first.toJson()).doesNotContain("previous");
    assertThat(ArchiveRun.fromJson(first.toJson())).isEqualTo(first);
  }

  @Test
  void saysWhichOffsetsAreLost() {
    ArchiveRun run =
        run(
            1,
            Optional.empty(),
            0,
            8,
            new TreeMap<>(
                Map.of(
                    0,
                    new PartitionRange(
                        10, 25, 4, OptionalInt.empty(), new TreeMap<>(Map.of(1L, 25L))),
                    2,
                    new PartitionRange(
                        0, 3, 3, OptionalInt.empty(), new TreeMap<>(Map.of(1L, 3L))))));

    assertThat(run.lost()).isEqualTo(7);
    assertThat(run.partitions().get(0).readFrom()).isEqualTo(14);
    assertThat(run.toJson()).contains("\"start\":10,\"end\":25,\"lost\":4");
    assertThat(ArchiveRun.fromJson(run.toJson())).isEqualTo(run);
  }

  @Test
  void itsHorizonIsWhereItsPartitionsEnd() {
    assertThat(run(2, Optional.of("ab12"), 5, 8).horizon().epoch()).isEqualTo(8);
    assertThat(run(2, Optional.of("ab12"), 5, 8).horizon().offsets())
        .isEqualTo(Map.of(0, 25L, 1, 0L));
  }

  @Test
  void knowsTheBoundaryOfEachOfItsEpochs() {
    PartitionRange range = run(2, Optional.of("ab12"), 5, 8).partitions().get(0);
    assertThat(range.boundary(6)).isEqualTo(12);
    assertThat(range.boundary(7)).isEqualTo(12);
    assertThat(range.boundary(8)).isEqualTo(25);
    assertThatThrownBy(() -> range.boundary(5)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsMustAddUp() {
    assertThatThrownBy(() -> new ArchiveRun.Counts(15, 11, 1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected the 15 records that were read");
  }

  @Test
  void whatIsNoRunIsRefused() {
    assertThatThrownBy(() -> run(0, Optional.empty(), 0, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a number from 1");
    assertThatThrownBy(() -> run(1, Optional.of("ab12"), 0, 8))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> run(2, Optional.empty(), 0, 8))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> run(1, Optional.empty(), 8, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one epoch");
  }

  private static void assertRefused(String text, String why) {
    assertThatThrownBy(() -> ArchiveRun.fromJson(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no archive run: ")
        .hasMessageContaining(why);
  }

  @Test
  void anotherTextIsNotRead() {
    String text = run(1, Optional.empty(), 0, 8).toJson();
    assertRefused(text.replace("\"layout\":1", "\"layout\":2"), "layout 2 (expected 1)");
    assertRefused(text.replace("\"topicId\"", "\"topic_id\""), "topicId");
    assertRefused(text.replace("\"ticks\":2", "\"ticks\":3"), "expected the 14 records");
    assertRefused(text.replace("\"end\":25", "\"end\":5"), "offsets [10, 5)");
    assertRefused(text.substring(0, 40), "");
    assertRefused("", "");
    assertRefused("[]", "");
  }
}
