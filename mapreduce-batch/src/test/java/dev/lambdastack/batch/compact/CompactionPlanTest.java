package dev.lambdastack.batch.compact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.LiveFiles;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.apache.hadoop.io.BytesWritable;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
  private static final long TARGET = 1_000;

  private static final String V1 = Fingerprints.of(Sale.V1);
  private static final String V2 = Fingerprints.of(Sale.V2);

  private static LiveFile file(String path, String pinned, long bytes, String... dates) {
    return LiveFiles.ofDates(
        path, pinned, bytes, LocalDate.parse(dates[0]), LocalDate.parse(dates[dates.length - 1]));
  }

  private static List<CompactionPlan> plans(LiveFile... files) {
    return CompactionPlan.of(new Contents(1, List.of(), List.of(), List.of(files)), TARGET);
  }

  private static List<String> inputs(LiveFile... files) {
    return plans(files).stream().flatMap(p -> p.inputs().stream()).map(LiveFile::path).toList();
  }

  @Test
  void smallFilesOfADateArePutTogether() {
    assertThat(
            inputs(
                file("b", V1, 400, "2026-01-31"),
                file("a", V1, 100, "2026-01-31"),
                file("great", V1, 500, "2026-01-31"),
                file("alone", V1, 100, "2026-02-01")))
        .containsExactly("a", "b");
    assertThat(inputs(file("alone", V1, 100, "2026-02-01"))).isEmpty();
  }

  @Test
  void aFewLateEventsDoNotHaveADayWrittenAgain() {
    assertThat(inputs(file("day", V1, 450, "2026-01-31"), file("late", V1, 50, "2026-01-31")))
        .isEmpty();
    assertThat(
            inputs(
                file("day", V1, 450, "2026-01-31"),
                file("late1", V1, 20, "2026-01-31"),
                file("late2", V1, 20, "2026-01-31")))
        .containsExactly("late1", "late2");
    assertThat(
            inputs(
                file("day", V1, 450, "2026-01-31"),
                file("late1", V1, 30, "2026-01-31"),
                file("late2", V1, 30, "2026-01-31")))
        .containsExactly("day", "late1", "late2");
  }

  @Test
  void mixedFilesAreSplitTogetherWithTheSmallFilesOfTheirDates() {
    assertThat(
            inputs(
                file("mixed", V1, 5_000, "2026-01-30", "2026-02-02"),
                file("within", V1, 100, "2026-02-02"),
                file("outside", V1, 100, "2026-02-03"),
                file("great", V1, 900, "2026-02-01")))
        .containsExactly("mixed", "within");
  }

  @Test
  void aLittleOfManyDatesIsNotSplitIntoMoreFilesThanThereWere() {
    LiveFile mixed = file("mixed1", V1, 20, "2026-01-30", "2026-02-02");
    LiveFile within = file("within", V1, 7, "2026-02-02");
    assertThat(inputs(mixed, within)).as("7 bytes of each of 4 dates are enough: 28").isEmpty();
    assertThat(inputs(file("mixed", V1, 21, "2026-01-30", "2026-02-02"), within))
        .containsExactly("mixed", "within");
    assertThat(
            inputs(
                mixed,
                within,
                file("mixed2", V1, 0, "2026-01-31", "2026-02-01"),
                file("mixed3", V1, 0, "2026-01-31", "2026-02-01"),
                file("mixed4", V1, 0, "2026-01-31", "2026-02-01")))
        .as("five files of four dates")
        .hasSize(5);
    assertThat(
            inputs(
                file("little", V1, 10, "2026-01-30", "2026-02-02"),
                within,
                file("other", V1, 7, "2026-02-02")))
        .as("small files of a date are put together meanwhile")
        .containsExactly("other", "within");
  }

  @Test
  void filesOfDifferentSchemasAreNotMixed() {
    List<CompactionPlan> plans =
        plans(
            file("a1", V1, 100, "2026-01-31"),
            file("b1", V2, 100, "2026-01-31"),
            file("a2", V1, 100, "2026-01-31"),
            file("c", V2, 100, "2026-02-01"));
    assertThat(plans).hasSize(1);
    assertThat(plans.get(0).pinned()).isEqualTo(V1);
    assertThat(plans.get(0).inputs()).extracting(LiveFile::path).containsExactly("a1", "a2");
  }

  @Test
  void everyInputIsInOneSplit() {
    CompactionPlan plan =
        plans(
                file("a", V1, 100, "2026-01-31"),
                file("b", V1, 150, "2026-01-31"),
                file("c", V1, 300, "2026-01-31"),
                file("d", V1, 10, "2026-01-31"))
            .get(0);
    assertThat(plan.splits(250).stream().map(s -> s.stream().map(LiveFile::path).toList()))
        .containsExactly(List.of("a", "b"), List.of("c"), List.of("d"));
    assertThat(plan.reducers(100, 64)).isEqualTo(6);
    assertThat(plan.reducers(100, 4)).isEqualTo(4);
    assertThat(plan.reducers(100_000, 4)).isEqualTo(1);
  }

  /** What another program has written, it has compacted, and its schema is not known. */
  @Test
  void filesOfOthersAreLeftAlone() {
    LiveFile a = foreign(file("a", V1, 100, "2026-01-31"));
    LiveFile b = foreign(file("b", V1, 100, "2026-01-31"));
    assertThat(plans(a, b)).isEmpty();
  }

  private static LiveFile foreign(LiveFile file) {
    return new LiveFile(
        file.file(),
        file.sequence(),
        Optional.empty(),
        file.date(),
        file.partitions(),
        file.offsets(),
        file.eventTimes(),
        file.hasRaw());
  }

  @Property
  void bytesOfKeysSortAsRowsDo(
      @ForAll long time,
      @ForAll @IntRange(max = 1_000_000) int partition,
      @ForAll @LongRange(max = Long.MAX_VALUE / 2) long offset,
      @ForAll long otherTime) {
    BytesWritable key = RowOrder.key(time, partition, offset);
    assertThat(compare(key, RowOrder.key(time, partition, offset + 1))).isNegative();
    assertThat(Integer.signum(compare(key, RowOrder.key(otherTime, partition, offset))))
        .isEqualTo(Long.compare(time, otherTime));
    assertThat(RowOrder.date(key))
        .isEqualTo(LocalDate.EPOCH.plusDays(Math.floorDiv(time, 86_400_000_000L)));
  }

  private static int compare(BytesWritable a, BytesWritable b) {
    return Arrays.compareUnsigned(a.copyBytes(), b.copyBytes());
  }

  @Test
  void datesAreUtc() {
    assertThat(CompactionPlan.dateOf(Instant.parse("2026-01-31T23:59:59.999Z").toEpochMilli()))
        .isEqualTo(LocalDate.parse("2026-01-31"));
    assertThat(CompactionPlan.dateOf(-1)).isEqualTo(LocalDate.parse("1969-12-31"));
  }
}
