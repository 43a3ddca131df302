package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.master.DeadLetterTable;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.views.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.SortOrder;
import org.junit.jupiter.api.Test;

class TotalsTest {
  private static final List<OffsetRange> RANGES =
      List.of(
          new OffsetRange(0, 0, 10, OffsetRange.UNKNOWN),
          new OffsetRange(0, 10, 20, OffsetRange.UNKNOWN));

  private static final TableLayout LAYOUT =
      new TableLayout(
          "/table",
          DeadLetterTable.COLUMNS,
          PartitionSpec.unpartitioned(),
          PartitionSpec.unpartitioned(),
          SortOrder.unsorted(),
          Map.of());

  private static TaskReport report(long start, long read, long rows) {
    return new TaskReport(
        0,
        start,
        start + 10,
        read,
        1,
        Map.of(),
        List.of(file("f" + start, rows)),
        List.of(),
        Optional.empty());
  }

  private static DataFile file(String path, long rows) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .withPath(path)
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(1)
        .withRecordCount(rows)
        .build();
  }

  @Test
  void addUp() {
    Totals totals = Totals.of(RANGES, List.of(report(10, 8, 7), report(0, 5, 4)));
    assertThat(totals.read()).isEqualTo(13);
    assertThat(totals.ticks()).isEqualTo(2);
    assertThat(totals.files()).extracting(DataFile::location).containsExactly("f0", "f10");
  }

  @Test
  void refuseToMissARange() {
    assertThatThrownBy(() -> Totals.of(RANGES, List.of(report(0, 5, 4))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("do not cover");
  }

  @Test
  void refuseARangeTwice() {
    assertThatThrownBy(
            () -> Totals.of(RANGES, List.of(report(0, 5, 4), report(0, 5, 4), report(10, 5, 4))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Two tasks report the range 0-0-10");
  }

  @Test
  void refuseCountsThatDoNotAddUp() {
    assertThatThrownBy(() -> Totals.of(RANGES, List.of(report(0, 5, 3), report(10, 5, 4))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("do not add up");
  }

  @Test
  void passOnWhatATaskRefused() {
    assertThatThrownBy(
            () ->
                Totals.of(
                    RANGES, List.of(report(0, 5, 4), TaskReport.refused(RANGES.get(1), "no"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no");
  }

  @Test
  void aShareIsOfTheRecordsThatAreNoTicks() {
    Totals totals = rejected(20_000, 200);
    totals.checkShare("sales", 0.01);
    assertThatThrownBy(() -> totals.checkShare("sales", 0.009))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("200 of 20000 records");
    new Totals(5, 5, Map.of(), List.of(), List.of()).checkShare("sales", 0);
  }

  @Test
  void aFewBadRecordsDoNotStopAQuietTopic() {
    rejected(100, 100).checkShare("sales", 0.01);
    assertThatThrownBy(() -> rejected(101, 101).checkShare("sales", 0.01))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("101 of 101 records");
    assertThatThrownBy(() -> rejected(1_000, 1).checkShare("sales", 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("1 of 1000 records");
  }

  /** Of so many records and ten ticks. */
  private static Totals rejected(long records, long dead) {
    return new Totals(records + 10, 10, Map.of("CORRUPT", dead), List.of(), List.of());
  }

  @Test
  void reportsSurviveTheirJson() throws Exception {
    TaskReport report =
        new TaskReport(
            3,
            5,
            9,
            4,
            1,
            Map.of("CORRUPT", 2L),
            report(0, 1, 1).files(),
            List.of(file("d", 2)),
            Optional.empty());
    byte[] json = report.toJson(LAYOUT, LAYOUT);
    TaskReport read = TaskReport.fromJson(json, LAYOUT, LAYOUT);
    assertThat(new String(read.toJson(LAYOUT, LAYOUT), StandardCharsets.UTF_8))
        .isEqualTo(new String(json, StandardCharsets.UTF_8));
    assertThat(read.files().get(0).location()).isEqualTo("f0");
    assertThat(read.deadLetters().get(0).recordCount()).isEqualTo(2);
    assertThat(read.rejected()).isEqualTo(report.rejected());

    TaskReport refused = TaskReport.refused(RANGES.get(0), "why");
    assertThat(TaskReport.fromJson(refused.toJson(LAYOUT, LAYOUT), LAYOUT, LAYOUT))
        .isEqualTo(refused);
  }
}
