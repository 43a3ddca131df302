package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Horizon;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.RegionLocator;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.filter.FilterList;
import org.apache.hadoop.hbase.filter.FirstKeyOnlyFilter;
import org.apache.hadoop.hbase.filter.KeyOnlyFilter;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.hbase.mapreduce.HFileOutputFormat2;
import org.apache.hadoop.hbase.tool.BulkLoadHFiles;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskCounter;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.apache.hadoop.util.Tool;

/**
 * Computes a view anew from all that is archived, into a table of its own: a version, complete and
 * checked, which nothing reads before it is published. When it fails, its table goes again.
 */
public final class Recompute implements Tool {
  private LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;

  public Recompute(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
  }

  @Override
  public Configuration getConf() {
    return config.hadoop();
  }

  @Override
  public void setConf(Configuration conf) {
    config = LambdaConfig.of(conf);
  }

  /** {@link #run(String)} of each argument; 0 when all succeeded. */
  @Override
  public int run(String[] args) throws Exception {
    for (String view : args) {
      run(view);
    }
    return 0;
  }

  /**
   * Computes a new version of the view up to the horizon of the last manifest.
   *
   * @return the version, entered in the catalog and not published
   * @throws InvalidInputException when there is no such view, nothing is archived, or HBase cannot
   *     be reached
   * @throws IOException when the job or a check fails; nothing is left behind then
   */
  public Version run(String viewName) throws IOException, InterruptedException {
    View view = views.find(viewName);
    // Refuses a schema store that the pinned schema cannot read.
    new EventDecoder(schemas, view.eventType(), view.columns(), config.eventTimeMin());
    MasterDataset dataset =
        MasterDataset.open(config.hadoop(), config.master(), view.eventType().topic());
    Optional<Contents> contents = dataset.contents();
    if (contents.isEmpty()) {
      throw new InvalidInputException(
          "Cannot recompute view %s: nothing of topic %s is archived in %s; run lambda archive %s first"
              .formatted(
                  viewName, view.eventType().topic(), dataset.root(), view.eventType().topic()));
    }
    try (Connection connection = Store.connect(config)) {
      return run(view, dataset, contents.get(), connection);
    }
  }

  private Version run(View view, MasterDataset dataset, Contents contents, Connection connection)
      throws IOException, InterruptedException {
    PublishedStore store = new PublishedStore(connection);
    store.ensureTable();
    String runId = RunId.next(clock);
    Path staging = Staging.folder(config, dataset.fileSystem(), "recompute-" + runId);
    try (Admin admin = connection.getAdmin()) {
      long number = createTable(admin, store, view);
      Version version;
      try {
        version = fill(view, contents, connection, number, runId, staging);
        dataset.fileSystem().delete(staging, true);
      } catch (Exception e) {
        drop(admin, ViewTables.batch(view.name(), number), e);
        Staging.removeAfter(e, dataset.fileSystem(), staging);
        throw e;
      }
      // When this fails it may have happened all the same: then the table must stay.
      store.addVersion(version);
      return version;
    }
  }

  /** The first number that neither the catalog nor a table has; the table is ours then. */
  private long createTable(Admin admin, PublishedStore store, View view) throws IOException {
    long number =
        store.versions(view.name()).stream().mapToLong(Version::number).max().orElse(0) + 1;
    byte[][] splits = ViewTables.saltSplits(view.shape(), config.regions());
    while (!ViewTables.createBatch(admin, view.name(), number, splits)) {
      number++;
    }
    return number;
  }

  private static void drop(Admin admin, TableName table, Exception because) {
    try {
      admin.disableTable(table);
      admin.deleteTable(table);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private Version fill(
      View view, Contents contents, Connection connection, long number, String runId, Path staging)
      throws IOException, InterruptedException {
    Horizon horizon = contents.horizon();
    Duration epochLength = contents.archived().epochLength();
    long events = contents.events();
    TableName table = ViewTables.batch(view.name(), number);
    RecomputeSettings settings =
        new RecomputeSettings(
            runId,
            view.name(),
            view.fingerprint(),
            schemas.toJson(),
            view.eventType().topic(),
            contents.sequence(),
            contents.digest(),
            Cell.batchTimestamp(horizon.epoch(), epochLength));
    long rows = events == 0 ? 0 : compute(view, settings, connection, table, events, staging);
    check(connection, table, rows);
    return new Version(
        number,
        table.getNameAsString(),
        view.fingerprint(),
        view.shape(),
        horizon,
        epochLength,
        contents.sequence(),
        contents.digest(),
        rows,
        events,
        clock.instant());
  }

  /** Runs the job and loads its files; the number of cells. */
  private long compute(
      View view,
      RecomputeSettings settings,
      Connection connection,
      TableName table,
      long events,
      Path staging)
      throws IOException, InterruptedException {
    Configuration conf = HBaseConfiguration.create(config.hadoop());
    Path hfiles = new Path(staging, "hfiles");
    Job job = Jobs.create(conf, "recompute " + view.name() + " into " + table);
    settings.writeTo(job.getConfiguration());
    job.getConfiguration().set("hbase.fs.tmp.dir", new Path(staging, "partitions").toString());
    job.setInputFormatClass(MasterInputFormat.class);
    job.setMapperClass(AggregatingMapper.class);
    job.setMapOutputKeyClass(ImmutableBytesWritable.class);
    job.setMapOutputValueClass(BytesWritable.class);
    job.setCombinerClass(MergingCombiner.class);
    FileOutputFormat.setOutputPath(job, hfiles);
    try (Table target = connection.getTable(table);
        RegionLocator regions = connection.getRegionLocator(table)) {
      HFileOutputFormat2.configureIncrementalLoad(job, target, regions);
    }
    // It sets a reducer of its own, by the class of the values.
    job.setReducerClass(CellReducer.class);
    if (Jobs.isLocal(job.getConfiguration())) {
      // Tasks in this JVM have its class path.
      job.getConfiguration().unset("tmpjars");
    }
    try (AutoCloseable handedOver = settings.handOver(view)) {
      Jobs.run(job);
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    long read = job.getCounters().findCounter(RecomputeCounter.ROWS).getValue();
    if (read != events) {
      throw new IOException(
          "View %s was computed from %d rows, where the dataset has %d"
              .formatted(view.name(), read, events));
    }
    long cells = job.getCounters().findCounter(TaskCounter.REDUCE_OUTPUT_RECORDS).getValue();
    if (cells > 0) {
      BulkLoadHFiles.create(conf).bulkLoad(table, hfiles);
    }
    return cells;
  }

  private static void check(Connection connection, TableName table, long rows) throws IOException {
    long found = 0;
    Scan scan =
        new Scan()
            .setFilter(new FilterList(new FirstKeyOnlyFilter(), new KeyOnlyFilter()))
            .setCaching(10_000)
            .setCacheBlocks(false);
    try (Table target = connection.getTable(table);
        ResultScanner scanner = target.getScanner(scan)) {
      for (Result result = scanner.next(); result != null; result = scanner.next()) {
        found++;
      }
    }
    if (found != rows) {
      throw new IOException(
          "Table %s has %d rows after the load, where the job wrote %d"
              .formatted(table, found, rows));
    }
  }
}
