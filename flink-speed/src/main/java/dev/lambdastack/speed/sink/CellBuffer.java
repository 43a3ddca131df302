package dev.lambdastack.speed.sink;

import dev.lambdastack.speed.message.RowId;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.views.handoff.Cell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.hbase.client.Put;

/**
 * Totals that wait to be written: of one cell only the greatest, of one row all its epochs in one
 * Put, since mutations of one row within a batch have no order. Not thread-safe.
 */
final class CellBuffer {
  private static final byte[] FAMILY = Cell.speedFamily();

  private final Duration epochLength;
  private final Map<RowId, TreeMap<Long, Total>> rows = new HashMap<>();
  private long bytes;

  CellBuffer(Duration epochLength) {
    this.epochLength = epochLength;
  }

  void add(Total total) {
    TreeMap<Long, Total> epochs = rows.computeIfAbsent(total.id(), id -> new TreeMap<>());
    Total before = epochs.get(total.epoch());
    if (before == null || total.events() >= before.events()) {
      epochs.put(total.epoch(), total);
      bytes += sizeOf(total) - (before == null ? 0 : sizeOf(before));
    }
  }

  private static long sizeOf(Total total) {
    return total.value().length + total.id().row().length + 64L;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  int rows() {
    return rows.size();
  }

  /** About what the cells take in memory. */
  long sizeBytes() {
    return bytes;
  }

  /** One Put for each row, by slot; the buffer is empty then. */
  Map<Integer, List<Put>> drain() {
    Map<Integer, List<Put>> puts = new TreeMap<>();
    rows.forEach(
        (id, epochs) -> {
          Put put = new Put(id.row());
          epochs.forEach(
              (epoch, total) ->
                  put.addColumn(
                      FAMILY,
                      Cell.speedQualifier(epoch),
                      Cell.speedTimestamp(epoch, epochLength, total.events()),
                      total.value()));
          puts.computeIfAbsent(id.slot(), s -> new ArrayList<>()).add(put);
        });

    rows.clear();
    bytes = 0;
    return puts;
  }
}
