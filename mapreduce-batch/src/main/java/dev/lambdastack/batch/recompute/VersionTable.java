package dev.lambdastack.batch.recompute;

import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.RegionLocator;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.io.hfile.CacheConfig;
import org.apache.hadoop.hbase.io.hfile.HFile;
import org.apache.hadoop.hbase.snapshot.SnapshotCreationException;
import org.apache.hadoop.hbase.tool.BulkLoadHFiles;
import org.apache.hadoop.hbase.util.Bytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table of a version that is being made: this run's alone, and read by nobody, until the
 * version is in the catalog.
 */
record VersionTable(Makers makers, String view, long number, TableName name) {
  private static final Logger LOG = LoggerFactory.getLogger(VersionTable.class);
  private static final long MILLIS_BETWEEN_TRIES = 200;

  /**
   * What makes tables.
   *
   * @param run whose they are: the path of its lease
   * @param patience how long another run's snapshot of the same table is waited for
   */
  record Makers(Connection connection, PublishedTable store, String run, Duration patience) {}

  /** An empty table under a number that no version had before. */
  static VersionTable create(Makers makers, View view, byte[][] splits) throws IOException {
    String name = view.name();
    try (Admin admin = makers.connection().getAdmin()) {
      while (true) {
        VersionTable table = begin(makers, name);
        if (ViewTables.createBatch(admin, name, table.number(), splits, TopicRun.pinned(view))) {
          return table;
        }
        table.abandon();
      }
    }
  }

  /**
   * A table that begins as an older version's, under a number that no version had before. It shares
   * the older one's files, and keeps them when that is dropped.
   */
  static VersionTable copyOf(Makers makers, Version older) throws IOException {
    String view = older.shape().name();
    try (Admin admin = makers.connection().getAdmin()) {
      while (true) {
        VersionTable table = begin(makers, view);
        snapshot(admin, table.snapshot(), TableName.valueOf(older.table()), makers.patience());

        try {
          admin.cloneSnapshot(table.snapshot(), table.name());
          return table;
        } catch (TableExistsException taken) {
          table.abandon();
        } finally {
          deleteSnapshot(admin, table.snapshot());
        }
      }
    }
  }

  private static VersionTable begin(Makers makers, String view) throws IOException {
    long number = makers.store().runs().begin(view, makers.run());
    return new VersionTable(makers, view, number, ViewTables.batch(view, number));
  }

  private String snapshot() {
    return snapshot(view, number);
  }

  private static String snapshot(String view, long number) {
    return String.format(Locale.ROOT, "lambda-%s-v%d", view, number);
  }

  /** HBase takes one snapshot of a table at a time: another run's is waited for. */
  private static void snapshot(Admin admin, String name, TableName table, Duration patience)
      throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        admin.snapshot(name, table);
        return;
      } catch (SnapshotCreationException busy) {
        if (!String.valueOf(busy.getMessage()).contains("already running")
            || System.nanoTime() > deadline) {
          throw busy;
        }
      }

      try {
        // HBase tells nobody when a snapshot has ended: it is tried again.
        Thread.sleep(MILLIS_BETWEEN_TRIES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while another snapshot was taken");
      }
    }
  }

  /** Whoever takes up after this run deletes it where this cannot. */
  private static void deleteSnapshot(Admin admin, String name) {
    try {
      admin.deleteSnapshot(name);
    } catch (IOException e) {
      LOG.warn("Snapshot {} stays for now", name, e);
    }
  }

  private void abandon() throws IOException {
    makers.store().runs().abandon(view, number, makers.run());
  }

  /**
   * Drops what runs have left that are no more: killed, or failed while HBase was away.
   *
   * @param isAtWork whether a run still is
   */
  static void dropLeftovers(Makers makers, String view, RunCheck isAtWork) throws IOException {
    for (Map.Entry<Long, String> making : makers.store().runs().making(view).entrySet()) {
      long number = making.getKey();
      if (isAtWork.test(making.getValue())
          || !makers.store().runs().takeOver(view, number, making.getValue(), makers.run())) {
        continue;
      }

      try (Admin admin = makers.connection().getAdmin()) {
        ViewTables.drop(admin, ViewTables.batch(view, number));
        if (!admin
            .listSnapshots(Pattern.compile(Pattern.quote(snapshot(view, number))))
            .isEmpty()) {
          deleteSnapshot(admin, snapshot(view, number));
        }
      }

      makers.store().runs().abandon(view, number, makers.run());
      LOG.info("Dropped version {} of view {}, which a run had left", number, view);
    }
  }

  /** Asks for a run by the path of its lease. */
  @FunctionalInterface
  interface RunCheck {
    boolean test(String run) throws IOException;
  }

  Connection connection() {
    return makers.connection();
  }

  /**
   * Whether a version's table is there and says that its cells were computed by this pinned schema.
   */
  static boolean isOfSchema(Connection connection, Version version, String pinned)
      throws IOException {
    try (Admin admin = connection.getAdmin()) {
      return ViewTables.schema(admin.getDescriptor(TableName.valueOf(version.table())))
          .equals(Optional.of(pinned));
    } catch (TableNotFoundException cleanedUp) {
      return false;
    }
  }

  /** The first row key of each region. */
  List<byte[]> regionStarts() throws IOException {
    try (RegionLocator regions = connection().getRegionLocator(name)) {
      return Arrays.asList(regions.getStartKeys());
    }
  }

  /**
   * Removes the table after a failure; that it cannot is less than why it failed. Where HBase is
   * away, nothing is tried: the next run finds the table.
   */
  void dropAfter(Exception failure) {
    if (HBaseFault.isAway(failure)) {
      return;
    }
    try (Admin admin = connection().getAdmin()) {
      ViewTables.drop(admin, name);
      abandon();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Loads the files that a job wrote for it, and checks that they hold what the job says and that
   * HBase has taken all of them. Its cost follows the files, not the table.
   *
   * @param folder with a folder of the family in it; missing where there are no cells
   * @param cells that the job wrote
   */
  void load(Configuration conf, Path folder, long timestamp, long cells) throws IOException {
    FileSystem fileSystem = folder.getFileSystem(conf);
    List<Get> ends = new ArrayList<>();
    long found = 0;
    int files = 0;

    if (cells > 0) {
      for (FileStatus file : fileSystem.listStatus(new Path(folder, family()))) {
        files++;
        found += entries(conf, fileSystem, file.getPath(), timestamp, ends);
      }
    }

    if (found != cells) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "The files for table %s hold %d cells, where the job wrote %d",
              name,
              found,
              cells));
    }

    if (files == 0) {
      return;
    }

    Map<BulkLoadHFiles.LoadQueueItem, ?> loaded =
        BulkLoadHFiles.create(conf).bulkLoad(name, folder);
    if (loaded.size() < files) {
      throw new IOException(
          String.format(Locale.ROOT, "Table %s took %d of %d files", name, loaded.size(), files));
    }

    checkReadable(ends);
  }

  private static String family() {
    return Bytes.toString(Cell.batchFamily());
  }

  private static long entries(
      Configuration conf, FileSystem fileSystem, Path file, long timestamp, List<Get> ends)
      throws IOException {
    try (HFile.Reader reader =
        HFile.createReader(fileSystem, file, CacheConfig.DISABLED, true, conf)) {
      for (org.apache.hadoop.hbase.Cell end :
          List.of(reader.getFirstKey().orElseThrow(), reader.getLastKey().orElseThrow())) {
        ends.add(
            new Get(CellUtil.cloneRow(end))
                .addColumn(Cell.batchFamily(), Cell.batchQualifier())
                .setTimestamp(timestamp));
      }
      return reader.getEntries();
    }
  }

  private void checkReadable(List<Get> ends) throws IOException {
    try (Table table = connection().getTable(name)) {
      for (boolean exists : table.exists(ends)) {
        if (!exists) {
          throw new IOException(
              "Table %s lacks rows of the files that were loaded into it".formatted(name));
        }
      }
    }
  }
}
