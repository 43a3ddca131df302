package dev.lambdastack.batch.compact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.views.handoff.LostOffsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.Schema;
import org.apache.hadoop.io.BytesWritable;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
  private static final long TARGET = 1_000;

  private static LiveFile file(String path, Schema schema, long bytes, String... dates) {
    long first = millis(dates[0]);
    long last = millis(dates[dates.length - 1]);
    Optional<LocalDate> date =
        dates.length == 1 ? Optional.of(LocalDate.parse(dates[0])) : Optional.empty();
    return new LiveFile(
        new DataFile(path, date, 10, new TreeMap<>(), first, last, 0, 0, bytes, "x"), schema);
  }

  private static long millis(String date) {
    return LocalDate.parse(date).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  private static List<CompactionPlan> plans(LiveFile... files) {
    return CompactionPlan.of(
        new Contents(1, "x", null, List.of(files), List.of(), LostOffsets.NONE), TARGET);
  }

  private static List<String> inputs(LiveFile... files) {
    return plans(files).stream().flatMap(p -> p.inputs().stream()).map(DataFile::path).toList();
  }

  @Test
  void smallFilesOfADateArePutTogether() {
    assertThat(
            inputs(
                file("b", Sale.V1, 400, "2026-01-31"),
                file("a", Sale.V1, 100, "2026-01-31"),
                file("great", Sale.V1, 500, "2026-01-31"),
                file("alone", Sale.V1, 100, "2026-02-01")))
        .containsExactly("a", "b");
    assertThat(inputs(file("alone", Sale.V1, 100, "2026-02-01"))).isEmpty();
  }

  @Test
  void aFewLateEventsDoNotHaveADayWrittenAgain() {
    assertThat(
            inputs(
                file("day", Sale.V1, 450, "2026-01-31"), file("late", Sale.V1, 50, "2026-01-31")))
        .isEmpty();
    assertThat(
            inputs(
                file("day", Sale.V1, 450, "2026-01-31"),
                file("late1", Sale.V1, 20, "2026-01-31"),
                file("late2", Sale.V1, 20, "2026-01-31")))
        .containsExactly("late1", "late2");
    assertThat(
            inputs(
                file("day", Sale.V1, 450, "2026-01-31"),
                file("late1", Sale.V1, 30, "2026-01-31"),
                file("late2", Sale.V1, 30, "2026-01-31")))
        .containsExactly("day", "late1", "late2");
  }

  @Test
  void mixedFilesAreSplitTogetherWithTheSmallFilesOfTheirDates() {
    assertThat(
            inputs(
                file("mixed", Sale.V1, 5_000, "2026-01-30", "2026-02-02"),
                file("within", Sale.V1, 100, "2026-02-02"),
                file("outside", Sale.V1, 100, "2026-02-03"),
                file("great", Sale.V1, 900, "2026-02-01")))
        .containsExactly("mixed", "within");
  }

  @Test
  void aLittleOfManyDatesIsNotSplitIntoMoreFilesThanThereWere() {
    LiveFile mixed = file("mixed1", Sale.V1, 20, "2026-01-30", "2026-02-02");
    LiveFile within = file("within", Sale.V1, 7, "2026-02-02");
    assertThat(inputs(mixed, within)).as("7 bytes of each of 4 dates are enough: 28").isEmpty();
    assertThat(inputs(file("mixed", Sale.V1, 21, "2026-01-30", "2026-02-02"), within))
        .containsExactly("mixed", "within");
    assertThat(
            inputs(
                mixed,
                within,
                file("mixed2", Sale.V1, 0, "2026-01-31", "2026-02-01"),
                file("mixed3", Sale.V1, 0, "2026-01-31", "2026-02-01"),
                file("mixed4", Sale.V1, 0, "2026-01-31", "2026-02-01")))
        .as("five files of four dates")
        .hasSize(5);
    assertThat(
            inputs(
                file("little", Sale.V1, 10, "2026-01-30", "2026-02-02"),
                within,
                file("other", Sale.V1, 7, "2026-02-02")))
        .as("small files of a date are put together meanwhile")
        .containsExactly("other", "within");
  }

  @Test
  void filesOfDifferentSchemasAreNotMixed() {
    List<CompactionPlan> plans =
        plans(
            file("a1", Sale.V1, 100, "2026-01-31"),
            file("b1", Sale.V2, 100, "2026-01-31"),
            file("a2", Sale.V1, 100, "2026-01-31"),
            file("c", Sale.V2, 100, "2026-02-01"));
    assertThat(plans).hasSize(1);
    assertThat(plans.get(0).schema()).isEqualTo(Sale.V1);
    assertThat(plans.get(0).inputs()).extracting(DataFile::path).containsExactly("a1", "a2");
  }

  @Test
  void everyInputIsInOneSplit() {
    CompactionPlan plan =
        plans(
                file("a", Sale.V1, 100, "2026-01-31"),
                file("b", Sale.V1, 150, "2026-01-31"),
                file("c", Sale.V1, 300, "2026-01-31"),
                file("d", Sale.V1, 10, "2026-01-31"))
            .get(0);
    assertThat(plan.splits(250).stream().map(s -> s.stream().map(DataFile::path).toList()))
        .containsExactly(List.of("a", "b"), List.of("c"), List.of("d"));
    assertThat(plan.reducers(100, 64)).isEqualTo(6);
    assertThat(plan.reducers(100, 4)).isEqualTo(4);
    assertThat(plan.reducers(100_000, 4)).isEqualTo(1);
  }

  @Property
  void bytesOfKeysSortAsRowsDo(
      @ForAll long time, @ForAll int partition, @ForAll long offset, @ForAll long otherTime) {
    int positive = partition & Integer.MAX_VALUE;
    long start = offset & (Long.MAX_VALUE >> 1);
    List<BytesWritable> keys = new ArrayList<>();
    keys.add(RowOrder.key(time, positive, start));
    keys.add(RowOrder.key(time, positive, start + 1));
    assertThat(compare(keys.get(0), keys.get(1))).isNegative();
    assertThat(
            Integer.signum(
                compare(
                    RowOrder.key(time, positive, start), RowOrder.key(otherTime, positive, start))))
        .isEqualTo(Long.compare(time, otherTime));
    assertThat(RowOrder.eventTime(keys.get(0))).isEqualTo(time);
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
