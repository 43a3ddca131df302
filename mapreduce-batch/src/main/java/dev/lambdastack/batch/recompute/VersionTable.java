package dev.lambdastack.batch.recompute;

import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
import org.apache.hadoop.hbase.tool.BulkLoadHFiles;

/**
 * The table of a version that is being made: this run's alone, and read by nobody, until the
 * version is in the catalog.
 */
record VersionTable(Connection connection, String view, long number, TableName name) {
  /** An empty table under the first number that neither the catalog nor a table has. */
  static VersionTable create(
      Connection connection, PublishedStore store, View view, byte[][] splits) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      String name = view.name();
      long number = next(store, name);
      while (!ViewTables.createBatch(admin, name, number, splits, TopicRun.pinned(view))) {
        number++;
      }
      return new VersionTable(connection, name, number, ViewTables.batch(name, number));
    }
  }

  /**
   * A table that begins as an older version's, under the first free number. It shares the older
   * one's files, and keeps them when that is dropped.
   */
  static VersionTable copyOf(Connection connection, PublishedStore store, Version older)
      throws IOException {
    String view = older.shape().name();
    String snapshot = "lambda-" + view + "-" + UUID.randomUUID();
    try (Admin admin = connection.getAdmin()) {
      admin.snapshot(snapshot, TableName.valueOf(older.table()));
      try {
        for (long number = next(store, view); true; number++) {
          TableName name = ViewTables.batch(view, number);
          try {
            admin.cloneSnapshot(snapshot, name);
            return new VersionTable(connection, view, number, name);
          } catch (TableExistsException taken) {
            // another run's, or one that is left of a run that was killed
          }
        }
      } finally {
        admin.deleteSnapshot(snapshot);
      }
    }
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

  private static long next(PublishedStore store, String view) throws IOException {
    return store.versions(view).stream().mapToLong(Version::number).max().orElse(0) + 1;
  }

  /** The first row key of each region. */
  List<byte[]> regionStarts() throws IOException {
    try (RegionLocator regions = connection.getRegionLocator(name)) {
      return Arrays.asList(regions.getStartKeys());
    }
  }

  /** Removes the table after a failure; that it cannot is less than why it failed. */
  void dropAfter(Exception failure) {
    try (Admin admin = connection.getAdmin()) {
      if (admin.isTableEnabled(name)) {
        admin.disableTable(name);
      }
      admin.deleteTable(name);
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
          "The files for table %s hold %d cells, where the job wrote %d"
              .formatted(name, found, cells));
    }
    if (files == 0) {
      return;
    }
    Map<BulkLoadHFiles.LoadQueueItem, ?> loaded =
        BulkLoadHFiles.create(conf).bulkLoad(name, folder);
    if (loaded.size() < files) {
      throw new IOException("Table %s took %d of %d files".formatted(name, loaded.size(), files));
    }
    checkReadable(ends);
  }

  private static String family() {
    return org.apache.hadoop.hbase.util.Bytes.toString(Cell.batchFamily());
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
    try (Table table = connection.getTable(name)) {
      for (boolean exists : table.exists(ends)) {
        if (!exists) {
          throw new IOException(
              "Table %s lacks rows of the files that were loaded into it".formatted(name));
        }
      }
    }
  }
}
