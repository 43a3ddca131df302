package dev.lambdastack.serving.testing;

import dev.lambdastack.serving.store.PublishedPointer;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * Writes the two tables of a view as the layers do, straight from the sales: a version holds the
 * epochs before its horizon, a generation all epochs from its coverage on.
 */
public final class Layers {
  private static final Map<Integer, Long> OFFSETS = Map.of(0, 0L, 1, 0L, 2, 0L);

  private final Connection connection;
  private final View view;
  private final PublishedTable store;

  public Layers(Connection connection, View view) throws IOException {
    this.connection = connection;
    this.view = view;
    this.store = new PublishedTable(connection);
    store.ensure();
  }

  public View view() {
    return view;
  }

  public PublishedTable store() {
    return store;
  }

  /** A new version of the sales before the horizon; not published. */
  public Version version(long number, long horizon, List<Sale> sales) throws IOException {
    List<Put> puts = new ArrayList<>();
    Aggregates.of(view, sales.stream().filter(s -> s.epoch() < horizon).toList())
        .forEach(
            (row, aggregate) ->
                puts.add(
                    new Put(row)
                        .addColumn(
                            Cell.batchFamily(),
                            Cell.batchQualifier(),
                            Cell.batchTimestamp(horizon, Sales.EPOCH),
                            aggregate.toBytes())));
    try (Admin admin = connection.getAdmin()) {
      byte[][] splits = ViewTables.saltSplits(view.shape(), 3);
      if (!ViewTables.createBatch(admin, view.name(), number, splits, "schema")) {
        throw new IOException("version " + number + " exists");
      }
    }
    TableName table = ViewTables.batch(view.name(), number);
    put(table, puts);
    return new Version(
        number,
        table.getNameAsString(),
        view.fingerprint(),
        view.shape(),
        new Horizon(horizon, OFFSETS),
        Sales.EPOCH,
        1,
        "none",
        Version.Counts.of(puts.size(), sales.size()),
        Instant.parse("2026-01-01T00:00:00Z"),
        Optional.empty());
  }

  /** A new generation with the sales' cells from its coverage on. */
  public Generation generation(long coverage, Duration retention, List<Sale> sales)
      throws IOException {
    Generation generation =
        store
            .catalog()
            .openGeneration(
                view.name(),
                number ->
                    new Generation(
                        number,
                        ViewTables.speed(view.name(), number).getNameAsString(),
                        view.fingerprint(),
                        view.shape(),
                        "life",
                        coverage,
                        Math.max(coverage, Sales.FIRST_EPOCH),
                        OFFSETS,
                        Sales.EPOCH,
                        retention,
                        Instant.parse("2026-01-01T00:00:00Z")));
    try (Admin admin = connection.getAdmin()) {
      ViewTables.createSpeed(admin, generation, 3);
    }
    speed(generation, sales);
    return generation;
  }

  /** Writes the totals of these sales for their epochs, without those before the coverage. */
  public void speed(Generation generation, List<Sale> sales) throws IOException {
    Map<Long, List<Sale>> epochs = new TreeMap<>();
    sales.stream()
        .filter(s -> s.epoch() >= generation.coverage())
        .forEach(s -> epochs.computeIfAbsent(s.epoch(), e -> new ArrayList<>()).add(s));
    List<Put> puts = new ArrayList<>();
    epochs.forEach(
        (epoch, group) ->
            Aggregates.of(view, group)
                .forEach(
                    (row, total) ->
                        puts.add(
                            new Put(row)
                                .addColumn(
                                    Cell.speedFamily(),
                                    Cell.speedQualifier(epoch),
                                    Cell.speedTimestamp(epoch, Sales.EPOCH, total.events()),
                                    total.toBytes()))));
    put(TableName.valueOf(generation.table()), puts);
  }

  /** Enters a version under its own number, however great, as the run that made it would. */
  public void complete(Version version) throws IOException {
    byte[] row = Bytes.toBytes(view.name());
    put(
        PublishedTable.NAME,
        List.of(
            new Put(row)
                .addColumn(
                    Bytes.toBytes("p"),
                    Bytes.toBytes("version." + version.number()),
                    Bytes.toBytes(version.toJson()))));
  }

  /** Makes this what answers, whatever answered before; the catalog has it then. */
  public PublishedRow publish(Optional<Version> version, Optional<Generation> generation)
      throws IOException {
    if (version.isPresent()
        && store.catalog().version(view.name(), version.get().number()).isEmpty()) {
      complete(version.get());
    }
    while (true) {
      Optional<PublishedRow> before =
          store.pointer().read(view.name()).map(PublishedPointer.Snapshot::row);
      PublishedRow after =
          new PublishedRow(
              view.name(), before.map(PublishedRow::flips).orElse(0L) + 1, version, generation);
      if (store.pointer().compareAndSet(before, after)) {
        return after;
      }
    }
  }

  /** Drops a version's table, as the clean-up does. */
  public void drop(Version version) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      admin.disableTable(TableName.valueOf(version.table()));
      admin.deleteTable(TableName.valueOf(version.table()));
    }
  }

  private void put(TableName name, List<Put> puts) throws IOException {
    try (Table table = connection.getTable(name)) {
      table.put(puts);
    }
  }
}
