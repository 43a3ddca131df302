package dev.lambdastack.batch.backup;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.serving.store.ViewTables;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.RegionLocator;
import org.apache.hadoop.hbase.client.TableDescriptor;
import org.apache.hadoop.hbase.mapreduce.Export;
import org.apache.hadoop.hbase.mapreduce.Import;
import org.apache.hadoop.hbase.tool.BulkLoadHFiles;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskCounter;

/**
 * Copies tables by HBase's own Export and Import: through its servers, so that no account needs to
 * read HBase's files, and another release of HBase can read what was written. Cells keep their
 * timestamps.
 */
final class TableCopy {
  private final Connection connection;
  private final Configuration conf;

  /**
   * Copies.
   *
   * @param conf of the jobs
   */
  TableCopy(Connection connection, Configuration conf) {
    this.connection = connection;
    this.conf = conf;
  }

  /** What a table is; its rows are not counted. */
  SavedTable describe(TableName name) throws IOException {
    try (Admin admin = connection.getAdmin();
        RegionLocator regions = connection.getRegionLocator(name)) {
      TableDescriptor descriptor = admin.getDescriptor(name);
      List<byte[]> starts = Arrays.asList(regions.getStartKeys());
      return new SavedTable(descriptor, starts.subList(1, starts.size()), 0);
    }
  }

  /** Writes all rows into a folder, which must not be there. */
  SavedTable export(SavedTable table, Path to) throws IOException, InterruptedException {
    Job job =
        Export.createSubmittableJob(
            new Configuration(conf), new String[] {table.name(), to.toString()});
    Jobs.run(job);
    return new SavedTable(table.descriptor(), table.splits(), rows(job));
  }

  private static long rows(Job job) throws IOException {
    return job.getCounters().findCounter(TaskCounter.MAP_INPUT_RECORDS).getValue();
  }

  /**
   * Makes the table anew and loads what {@link #export} wrote.
   *
   * @param staging a folder of this run, on the file system of the master dataset
   */
  void load(SavedTable table, Path from, Path staging) throws IOException, InterruptedException {
    TableName name = table.descriptor().getTableName();
    try (Admin admin = connection.getAdmin()) {
      ViewTables.ensureNamespace(admin);
      ViewTables.drop(admin, name);
      admin.createTable(table.descriptor(), table.splits().toArray(byte[][]::new));
    }

    Path files = new Path(staging, table.folder());
    Configuration bulk = new Configuration(conf);
    bulk.set(Import.BULK_OUTPUT_CONF_KEY, files.toString());
    Job job =
        Import.createSubmittableJob(bulk, new String[] {name.getNameAsString(), from.toString()});
    Jobs.run(job);

    if (rows(job) != table.rows()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Cannot restore table %s: expected the %d rows that were backed up, found %d in %s",
              name,
              table.rows(),
              rows(job),
              from));
    }
    if (table.rows() > 0) {
      BulkLoadHFiles.create(conf).bulkLoad(name, files);
    }
  }
}
