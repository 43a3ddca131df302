package dev.lambdastack.speed.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.views.handoff.Cell;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.hbase.client.Put;
import org.junit.jupiter.api.Test;

class CellBufferTest {
  private static final Duration EPOCH = Duration.ofSeconds(1);
  private final CellBuffer buffer = new CellBuffer(EPOCH);

  @Test
  void aRowIsOnePutWithAllItsEpochs() {
    buffer.add(total(0, 1, 7, 3));
    buffer.add(total(0, 1, 8, 1));
    Put put = buffer.drain().get(0).get(0);
    assertThat(put.has(Cell.speedFamily(), Cell.speedQualifier(7), 8_003, value(3))).isTrue();
    assertThat(put.has(Cell.speedFamily(), Cell.speedQualifier(8), 9_001, value(1))).isTrue();
    assertThat(put.size()).isEqualTo(2);
  }

  @Test
  void ofOneCellTheGreatestTotalIsKeptWhateverTheOrder() {
    buffer.add(total(0, 1, 7, 3));
    buffer.add(total(0, 1, 7, 9));
    buffer.add(total(0, 1, 7, 5));
    Put put = buffer.drain().get(0).get(0);
    assertThat(put.size()).isEqualTo(1);
    assertThat(put.has(Cell.speedFamily(), Cell.speedQualifier(7), 8_009, value(9))).isTrue();
  }

  @Test
  void rowsOfTwoViewsGoToTheirOwnTables() {
    buffer.add(total(0, 1, 7, 3));
    buffer.add(total(1, 1, 7, 3));
    assertThat(buffer.rows()).isEqualTo(2);
    Map<Integer, List<Put>> puts = buffer.drain();
    assertThat(puts).containsOnlyKeys(0, 1);
    assertThat(puts.get(0)).hasSize(1);
  }

  @Test
  void drainingEmpties() {
    buffer.add(total(0, 1, 7, 3));
    assertThat(buffer.sizeBytes()).isPositive();
    buffer.drain();
    assertThat(buffer.isEmpty()).isTrue();
    assertThat(buffer.sizeBytes()).isZero();
    assertThat(buffer.drain()).isEmpty();
  }

  private static Total total(int slot, int row, long epoch, long events) {
    return new Total(new RowId(slot, new byte[] {(byte) row}), epoch, events, value(events));
  }

  private static byte[] value(long events) {
    return new byte[] {(byte) events};
  }
}
