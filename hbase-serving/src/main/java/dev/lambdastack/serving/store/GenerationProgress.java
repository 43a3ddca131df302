package dev.lambdastack.serving.store;

import static dev.lambdastack.serving.store.PublishedTable.FAILING;
import static dev.lambdastack.serving.store.PublishedTable.FAMILY;
import static dev.lambdastack.serving.store.PublishedTable.PROGRESS;
import static dev.lambdastack.serving.store.PublishedTable.numbered;

import dev.lambdastack.views.handoff.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.hbase.client.Delete;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.util.Bytes;

/** How far the speed job of each generation is, and whether it fails. */
public final class GenerationProgress {
  private final PublishedTable table;

  GenerationProgress(PublishedTable table) {
    this.table = table;
  }

  static byte[] qualifier(long generation, int partition) {
    return Bytes.toBytes(generation + "." + partition);
  }

  /**
   * Says that every record of the partition before the offset is in the generation's cells,
   * durably.
   */
  public void put(String view, long generation, Map<Integer, Progress.Applied> applied)
      throws IOException {
    if (applied.isEmpty()) {
      return;
    }

    Put put = new Put(Bytes.toBytes(view));
    applied.forEach(
        (partition, a) ->
            put.addColumn(PROGRESS, qualifier(generation, partition), a.offset() + 1, cell(a)));
    table.put(put);
  }

  private static byte[] cell(Progress.Applied applied) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(applied.offset())
        .putLong(applied.logTimeMillis())
        .array();
  }

  /** Says that the job which fills the generation fails. */
  public void putFailing(String view, long generation, Failing failing) throws IOException {
    table.put(
        new Put(Bytes.toBytes(view))
            .addColumn(FAMILY, numbered(FAILING, generation), Bytes.toBytes(failing.toJson())));
  }

  /** Says that the job which fills the generation does well again. */
  public void clearFailing(String view, long generation) throws IOException {
    table.delete(new Delete(Bytes.toBytes(view)).addColumns(FAMILY, numbered(FAILING, generation)));
  }

  /** Empty while the job which fills the generation does well, or nobody follows it. */
  public Optional<Failing> failing(String view, long generation) throws IOException {
    return table
        .read(new Get(Bytes.toBytes(view)).addColumn(FAMILY, numbered(FAILING, generation)))
        .text(FAILING, generation)
        .map(Failing::fromJson);
  }
}
