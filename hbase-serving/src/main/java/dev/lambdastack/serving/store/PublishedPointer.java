package dev.lambdastack.serving.store;

import static dev.lambdastack.serving.store.PublishedTable.FAMILY;
import static dev.lambdastack.serving.store.PublishedTable.FLIPS;
import static dev.lambdastack.serving.store.PublishedTable.POINTER;

import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.hbase.CompareOperator;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.filter.Filter;
import org.apache.hadoop.hbase.filter.FilterList;
import org.apache.hadoop.hbase.filter.SingleColumnValueFilter;
import org.apache.hadoop.hbase.util.Bytes;

/** Which version and generation answer for each view: read by one Get, moved by compare-and-set. */
public final class PublishedPointer {
  private final PublishedTable table;

  PublishedPointer(PublishedTable table) {
    this.table = table;
  }

  /**
   * What one Get says of a view.
   *
   * @param progress of the row's generation; read with the row, so data read afterwards holds at
   *     least that much
   */
  public record Snapshot(PublishedRow row, Progress progress) {}

  /** What answers for the view now; empty when nothing does. One Get. */
  public Optional<Snapshot> read(String view) throws IOException {
    PublishedColumns columns =
        table.read(
            new Get(Bytes.toBytes(view))
                .addColumn(FAMILY, POINTER)
                .addFamily(PublishedTable.PROGRESS));
    return columns.pointer().map(row -> new Snapshot(row, progress(row, columns)));
  }

  private static Progress progress(PublishedRow row, PublishedColumns columns) {
    return row.generation().map(g -> columns.progress(g.number())).orElse(Progress.NONE);
  }

  /**
   * What answers now and every generation with its progress: what a flip is decided on. One Get.
   */
  public PublishedRow.Known known(String view) throws IOException {
    return table.read(view).known();
  }

  /** Names of the views that have a row; none before the table is made. */
  public List<String> views() throws IOException {
    List<String> views = new ArrayList<>();
    table.scan(new Scan().addColumn(FAMILY, POINTER), (view, columns) -> views.add(view));
    return views;
  }

  /**
   * Puts {@code after} in place if {@code before} stands, while the catalog has its version.
   *
   * @return false when something else stands there, or the version was forgotten: read again and
   *     decide again
   */
  public boolean compareAndSet(Optional<PublishedRow> before, PublishedRow after)
      throws IOException {
    if (after.flips() != before.map(PublishedRow::flips).orElse(0L) + 1) {
      throw new IllegalArgumentException("flip " + after.flips() + " does not follow " + before);
    }

    CheckAndMutate.Builder check = CheckAndMutate.newBuilder(Bytes.toBytes(after.view()));
    if (after.version().isPresent()) {
      // Where nothing answers, a version is forgotten without a flip.
      byte[] version =
          PublishedTable.numbered(PublishedTable.VERSION, after.version().get().number());
      check.ifMatches(new FilterList(flipsOf(before), exists(version)));
    } else {
      ifStands(check, before);
    }

    Put put = put(after);
    noteWhen(put, before, after);
    return table.checkAndMutate(check.build(put));
  }

  /**
   * Whom the flip takes the answers from, and whom it gives them to; the region's clock says when.
   */
  private static void noteWhen(Put put, Optional<PublishedRow> before, PublishedRow after) {
    Optional<Long> from = before.flatMap(PublishedRow::version).map(Version::number);
    Optional<Long> to = after.version().map(Version::number);
    if (!from.equals(to)) {
      from.ifPresent(n -> note(put, PublishedTable.LEFT + PublishedTable.VERSION, n));
      to.ifPresent(n -> note(put, PublishedTable.ANSWERS + PublishedTable.VERSION, n));
    }

    Optional<Long> fed = before.flatMap(PublishedRow::generation).map(Generation::number);
    if (!fed.equals(after.generation().map(Generation::number))) {
      fed.ifPresent(n -> note(put, PublishedTable.LEFT + PublishedTable.GENERATION, n));
    }
  }

  private static void note(Put put, String prefix, long number) {
    put.addColumn(FAMILY, PublishedTable.numbered(prefix, number), HConstants.EMPTY_BYTE_ARRAY);
  }

  /** A mutation goes through only while this row stands. */
  static void ifStands(CheckAndMutate.Builder check, Optional<PublishedRow> row) {
    if (row.isPresent()) {
      check.ifEquals(FAMILY, FLIPS, Bytes.toBytes(row.get().flips()));
    } else {
      check.ifNotExists(FAMILY, FLIPS);
    }
  }

  static Put put(PublishedRow row) {
    return new Put(Bytes.toBytes(row.view()))
        .addColumn(FAMILY, FLIPS, Bytes.toBytes(row.flips()))
        .addColumn(FAMILY, POINTER, Bytes.toBytes(row.toJson()));
  }

  private static Filter flipsOf(Optional<PublishedRow> before) {
    byte[] flips = before.map(b -> Bytes.toBytes(b.flips())).orElse(HConstants.EMPTY_BYTE_ARRAY);
    SingleColumnValueFilter filter =
        new SingleColumnValueFilter(FAMILY, FLIPS, CompareOperator.EQUAL, flips);
    // No flip is written as nothing: it passes only where there is none.
    filter.setFilterIfMissing(before.isPresent());
    return filter;
  }

  private static Filter exists(byte[] qualifier) {
    SingleColumnValueFilter filter =
        new SingleColumnValueFilter(
            FAMILY, qualifier, CompareOperator.NOT_EQUAL, HConstants.EMPTY_BYTE_ARRAY);
    filter.setFilterIfMissing(true);
    return filter;
  }
}
