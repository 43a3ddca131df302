package dev.lambdastack.batch.backup;

import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.master.TableRelocation;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Version;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.NamespaceNotFoundException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Copies what answers, and all that it can be computed from, while everything runs.
 *
 * <p>Of each view the published row is read once, and the table of the version that it names is
 * copied. A version never changes, so both are of one moment, whatever is published meanwhile.
 * Where clean-up drops the table first, the row is read again. The master dataset is copied last,
 * from a snapshot of HDFS, so it holds every archive run that a copied version was computed from.
 * Speed cells are not copied: a restored version says that it has none, and the log has the events.
 */
public final class Backup {
  private static final String SNAPSHOT = "lambda-backup";
  private static final int TRIES = 3;

  private final LambdaConfig config;
  private final Clock clock;

  public Backup(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /**
   * What was copied.
   *
   * @param rows of all tables
   * @param speedAlone views that have no version yet: only the log has what they answer
   */
  public record Result(String id, int views, int tables, long rows, List<String> speedAlone) {
    public Result {
      speedAlone = List.copyOf(speedAlone);
    }
  }

  /** What is copied, and where to. */
  private record Run(
      String id,
      BackupPlace place,
      PublishedTable store,
      TableCopy copy,
      List<SavedView> views,
      List<SavedTable> tables,
      List<String> speedAlone) {
    Optional<SavedTable> export(TableName table, Connection connection)
        throws IOException, InterruptedException {
      try {
        SavedTable described = copy.describe(table);
        SavedTable saved = copy.export(described, place.table(id, described));
        tables.add(saved);
        return Optional.of(saved);
      } catch (IOException e) {
        try (Admin admin = connection.getAdmin()) {
          if (admin.tableExists(table)) {
            throw e;
          }
        }
        return Optional.empty();
      }
    }
  }

  /**
   * Makes a backup.
   *
   * @param place path or URI of the folder for all backups; the master dataset is copied there
   *     once, and then what is new
   * @throws InvalidInputException when the place cannot be used, or HDFS takes no snapshot of the
   *     master folder
   * @throws LostRaceException when another backup is being made
   * @throws UnavailableException when a server does not answer
   */
  public Result run(String place) throws IOException, InterruptedException {
    checkInFolder(config);
    FirstContact.hdfs(config.hadoop(), config.master().folder());
    BackupPlace backups = BackupPlace.open(config, place);
    Path master = new Path(config.master().folder());
    FileSystem fileSystem = master.getFileSystem(config.hadoop());
    checkSnapshots(fileSystem, master);

    Instant taken = clock.instant();
    Configuration jobs = backups.jobs(HBaseConnector.forWork(config));
    try (Connection connection = HBaseConnector.connectForWork(config)) {
      Run run =
          new Run(
              RunId.next(clock),
              backups,
              new PublishedTable(connection),
              new TableCopy(connection, jobs),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>());
      for (String view : run.store().pointer().views()) {
        save(view, run, connection);
      }
      saveDimensions(run, connection);
      if (exists(AlertStore.TABLE, connection)) {
        run.export(AlertStore.TABLE, connection);
      }

      SortedMap<String, Integer> states = copyMaster(fileSystem, master, backups, jobs);
      backups.write(new BackupIndex(run.id(), taken, run.views(), run.tables(), states));
      return new Result(
          run.id(),
          run.views().size(),
          run.tables().size(),
          run.tables().stream().mapToLong(SavedTable::rows).sum(),
          run.speedAlone());
    }
  }

  /** Tables that another catalog has are not in the folder that is copied. */
  static void checkInFolder(LambdaConfig config) {
    if (!config.master().catalog().isEmpty()) {
      throw new InvalidInputException(
          "Cannot back up or restore where lambda.catalog.* says where the master dataset is: expected it in lambda.master=%s; back up the tables as that catalog's operators do"
              .formatted(config.master().folder()));
    }
  }

  /** Asked before hours of copying. */
  private static void checkSnapshots(FileSystem fileSystem, Path master) throws IOException {
    FileStatus status;
    try {
      status = fileSystem.getFileStatus(master);
    } catch (FileNotFoundException e) {
      throw new InvalidInputException(
          "Cannot back up lambda.master=%s: there is no such folder; nothing is archived yet"
              .formatted(master),
          e);
    }

    if (!status.isSnapshotEnabled()) {
      throw new InvalidInputException(
          "Cannot back up lambda.master=%s: expected a folder that HDFS takes snapshots of; let HDFS's superuser run: hdfs dfsadmin -allowSnapshot %s"
              .formatted(master, master.toUri().getPath()));
    }
    if (fileSystem.exists(snapshot(master))) {
      throw new LostRaceException(
          "Another backup is copying %s, or was killed while it did: wait, or if none runs: hdfs dfs -deleteSnapshot %s %s"
              .formatted(master, master.toUri().getPath(), SNAPSHOT));
    }
  }

  private static Path snapshot(Path master) {
    return new Path(new Path(master, ".snapshot"), SNAPSHOT);
  }

  private static void save(String view, Run run, Connection connection)
      throws IOException, InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      Catalog catalog = run.store().catalog().of(view);
      Optional<Version> answers = catalog.published();
      if (answers.isEmpty()) {
        run.speedAlone().add(view);
        return;
      }

      Version version = answers.get();
      Optional<SavedTable> saved = run.export(TableName.valueOf(version.table()), connection);
      if (saved.isPresent()) {
        if (saved.get().rows() != version.rows()) {
          throw new IOException(
              String.format(
                  Locale.ROOT,
                  "Cannot back up version %d of view %s: expected the %d rows of its catalog entry, found %d in %s",
                  version.number(),
                  view,
                  version.rows(),
                  saved.get().rows(),
                  version.table()));
        }
        run.views()
            .add(
                new SavedView(
                    version,
                    run.store().runs().lastVersion(view),
                    catalog.version(version.number()).flatMap(Catalog.CatalogVersion::verdict)));
        return;
      }
    }

    throw new InvalidInputException(
        "Cannot back up view %s: the table of the version that answers is gone; run recompute and publish, then back up again"
            .formatted(view));
  }

  /** The index names loads whose tables are there: none was opened or dropped while it was read. */
  private static void saveDimensions(Run run, Connection connection)
      throws IOException, InterruptedException {
    if (!exists(DimensionStore.TABLE, connection)) {
      return;
    }

    for (int i = 0; i < TRIES; i++) {
      List<TableName> before = loads(connection);
      SavedTable index = run.export(DimensionStore.TABLE, connection).orElseThrow();
      if (!before.equals(loads(connection))) {
        run.tables().remove(index);
        run.place().delete(run.id(), index);
        continue;
      }
      for (TableName load : before) {
        run.export(load, connection);
      }
      return;
    }

    throw new LostRaceException(
        "Cannot back up dimensions: another load began or ended each time; run it again");
  }

  private static List<TableName> loads(Connection connection) throws IOException {
    return tables(connection).stream()
        .filter(t -> t.getQualifierAsString().startsWith(DimensionStore.LOADS))
        .toList();
  }

  private static boolean exists(TableName table, Connection connection) throws IOException {
    return tables(connection).contains(table);
  }

  /** Of the stack, by name. */
  static List<TableName> tables(Connection connection) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      return Stream.of(admin.listTableNamesByNamespace(ViewTables.NAMESPACE)).sorted().toList();
    } catch (NamespaceNotFoundException none) {
      return List.of();
    }
  }

  /** The states of the tables as they were copied. */
  private static SortedMap<String, Integer> copyMaster(
      FileSystem fileSystem, Path master, BackupPlace backups, Configuration jobs)
      throws IOException {
    Path frozen = fileSystem.createSnapshot(master, SNAPSHOT);
    SortedMap<String, Integer> states;
    try {
      states = TableRelocation.states(jobs, frozen);
      MasterCopy.run(jobs, frozen, backups.master(), backups.isHdfs(), Set.of());
    } catch (IOException | RuntimeException e) {
      deleteAfter(e, fileSystem, master);
      throw e;
    }
    fileSystem.deleteSnapshot(master, SNAPSHOT);
    return states;
  }

  private static void deleteAfter(Exception failure, FileSystem fileSystem, Path master) {
    try {
      fileSystem.deleteSnapshot(master, SNAPSHOT);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
