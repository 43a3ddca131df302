package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.master.LiveFile.Range;
import dev.lambdastack.batch.master.LiveFile.Side;
import dev.lambdastack.views.handoff.Horizon;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.junit.jupiter.api.Test;

class LiveFileTest {
  private static final long NOT_KNOWN = -1;

  private static LiveFile file(long sequence, Range partitions, Range offsets) {
    return new LiveFile(
        data("f", Map.of(), Map.of()),
        sequence,
        Optional.empty(),
        Optional.empty(),
        partitions,
        offsets,
        new Range(0, 0),
        true);
  }

  private static DataFile data(
      String path, Map<Integer, ByteBuffer> lower, Map<Integer, ByteBuffer> upper) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .withPath(path)
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(9)
        .withMetrics(new Metrics(1L, null, null, null, null, lower, upper))
        .build();
  }

  private static Side side(LiveFile file, Map<Integer, Long> horizon) {
    return file.side(new Horizon(1, horizon), NOT_KNOWN);
  }

  @Test
  void aFileIsBeforeAHorizonOrBehindItOrToBeLookedInto() {
    LiveFile one = file(5, new Range(0, 0), new Range(10, 24));
    assertThat(side(one, Map.of(0, 25L))).isEqualTo(Side.BEFORE);
    assertThat(side(one, Map.of(0, 24L))).isEqualTo(Side.EITHER);
    assertThat(side(one, Map.of(0, 11L))).isEqualTo(Side.EITHER);
    assertThat(side(one, Map.of(0, 10L))).isEqualTo(Side.BEHIND);
    assertThat(side(one, Map.of(1, 25L)))
        .as("of a partition it does not know")
        .isEqualTo(Side.BEHIND);

    LiveFile two = file(5, new Range(0, 1), new Range(0, 24));
    assertThat(side(two, Map.of(0, 25L, 1, 25L))).isEqualTo(Side.BEFORE);
    assertThat(side(two, Map.of(0, 25L, 1, 7L))).isEqualTo(Side.EITHER);
    assertThat(side(two, Map.of(0, 25L))).isEqualTo(Side.EITHER);
    assertThat(side(two, Map.of(0, 0L, 1, 0L))).isEqualTo(Side.BEHIND);
  }

  @Test
  void aFileThatWasThereAtTheHorizonIsBeforeItWhateverItsBoundsSay() {
    LiveFile wide = file(5, new Range(0, 9), new Range(0, 24));
    Horizon horizon = new Horizon(1, Map.of(0, 1L));
    assertThat(wide.side(horizon, 4)).isEqualTo(Side.EITHER);
    assertThat(wide.side(horizon, 5)).isEqualTo(Side.BEFORE);
    assertThat(wide.side(horizon, 6)).isEqualTo(Side.BEFORE);
  }

  @Test
  void whatIsNotKnownIsLookedInto() {
    Horizon horizon = new Horizon(1, Map.of(0, 1L));
    assertThat(file(5, Range.ANY, new Range(0, 0)).side(horizon, 4)).isEqualTo(Side.EITHER);
    assertThat(file(5, new Range(0, 0), Range.ANY).side(horizon, 4)).isEqualTo(Side.EITHER);
    assertThat(file(5, Range.ANY, Range.ANY).side(horizon, 5)).isEqualTo(Side.BEFORE);
  }

  /** Whatever rows it has: none that a horizon does not hold is passed over, or counted again. */
  @Property
  void aSideIsThatOfEachRow(
      @ForAll @IntRange(max = 3) int firstPartition,
      @ForAll @IntRange(max = 3) int lastPartition,
      @ForAll @IntRange(max = 9) int firstOffset,
      @ForAll @IntRange(max = 9) int lastOffset,
      @ForAll @IntRange(max = 11) int end0,
      @ForAll @IntRange(max = 11) int end1) {
    LiveFile file =
        file(
            5,
            new Range(
                Math.min(firstPartition, lastPartition), Math.max(firstPartition, lastPartition)),
            new Range(Math.min(firstOffset, lastOffset), Math.max(firstOffset, lastOffset)));
    Horizon horizon = new Horizon(1, Map.of(0, (long) end0, 1, (long) end1, 2, (long) end0));
    Side side = file.side(horizon, NOT_KNOWN);
    for (long p = file.partitions().min(); p <= file.partitions().max(); p++) {
      for (long o = file.offsets().min(); o <= file.offsets().max(); o++) {
        boolean held = horizon.holds((int) p, o);
        assertThat(side == Side.BEFORE && !held).isFalse();
        assertThat(side == Side.BEHIND && held).isFalse();
      }
    }
  }

  @Test
  void theSchemaIsToldByTheFolder() {
    Schema columns = EventColumns.of("hits", Hits.SCHEMA);
    Map<Integer, PartitionSpec> specs = Map.of(0, PartitionSpec.unpartitioned());
    String fingerprint = "0123456789abcdef";
    for (String path : new String[] {"/t/data/run." + fingerprint + "/a.parquet"}) {
      assertThat(of(path, columns, specs).pinned()).hasValue(fingerprint);
    }
    for (String path :
        new String[] {
          "/t/data/event_date=2026-01-31/a.parquet",
          "/t/data/run/a.parquet",
          "/t/data/run.0123456789abcdeg/a.parquet",
          "/t/data/run." + fingerprint + "/more/a.parquet"
        }) {
      assertThat(of(path, columns, specs).pinned()).as(path).isEmpty();
    }
  }

  private static LiveFile of(String path, Schema columns, Map<Integer, PartitionSpec> specs) {
    return LiveFile.of(data(path, Map.of(), Map.of()), 1, columns, specs, "event_time");
  }

  /** Microseconds of the table, outwards to milliseconds of events. */
  @Test
  void timesAreInMillisecondsBeforeAndAfter1970() {
    Schema columns = EventColumns.of("hits", Hits.SCHEMA);
    int time = columns.findField("event_time").fieldId();
    Type type = columns.findType(time);
    DataFile file =
        data(
            "f",
            Map.of(time, Conversions.toByteBuffer(type, -1_000_500L)),
            Map.of(time, Conversions.toByteBuffer(type, 1_000_500L)));
    LiveFile live =
        LiveFile.of(file, 1, columns, Map.of(0, PartitionSpec.unpartitioned()), "event_time");
    assertThat(live.eventTimes()).isEqualTo(new Range(-1_001, 1_000));
    assertThat(live.offsets()).isEqualTo(Range.ANY);
  }

  /** Whoever wrote it: where no row has the bytes that were sent, columns say all of it. */
  @Test
  void timesAreSureWhereNoRowIsDecodedAgain() {
    Schema columns = EventColumns.of("hits", Hits.SCHEMA);
    int raw = columns.findField(EventColumns.RAW).fieldId();
    String now = "0123456789abcdef";
    for (String path : new String[] {"/t/data/event_date=2026-01-31/a", "/t/data/run.0000/a"}) {
      assertThat(withNulls(path, columns, Map.of(raw, 3L)).timesAreSure(now)).isTrue();
      assertThat(withNulls(path, columns, Map.of(raw, 2L)).timesAreSure(now)).isFalse();
      assertThat(withNulls(path, columns, Map.of()).timesAreSure(now)).isFalse();
    }
    assertThat(withNulls("/t/data/run." + now + "/a", columns, Map.of()).timesAreSure(now))
        .isTrue();
  }

  private static LiveFile withNulls(String path, Schema columns, Map<Integer, Long> nulls) {
    DataFile file =
        DataFiles.builder(PartitionSpec.unpartitioned())
            .withPath(path)
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(9)
            .withMetrics(new Metrics(3L, null, null, nulls, null, null, null))
            .build();
    return LiveFile.of(file, 1, columns, Map.of(0, PartitionSpec.unpartitioned()), "event_time");
  }
}
