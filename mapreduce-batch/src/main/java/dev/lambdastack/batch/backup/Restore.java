package dev.lambdastack.batch.backup;

import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.TableRelocation;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.ExclusiveFile;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Brings a {@link Backup} back into a cluster that holds nothing of the stack.
 *
 * <p>Each view is published last, with its version and without a speed generation: an answer then
 * says that it ends at the version's horizon. Where the topic is still the same, the speed job
 * opens a generation from that horizon on, and answers are whole again.
 *
 * <p>A restore that ended halfway is run again: the file {@code _restore} in the master folder says
 * which backup it was of. It is no part of any dataset.
 */
public final class Restore {
  private static final String MARK = "_restore";

  private final LambdaConfig config;

  public Restore(LambdaConfig config) {
    this.config = config;
  }

  /** What came back. */
  public record Result(String id, List<Version> versions, int tables) {
    public Result {
      versions = List.copyOf(versions);
    }
  }

  /**
   * Restores.
   *
   * @param place as {@link Backup#run} was given it
   * @param id of a backup; empty for the newest
   * @param without topics that stay out, with the views over them that the class path declares
   * @throws InvalidInputException when there is no such backup, or the cluster is not empty
   * @throws UnavailableException when a server does not answer
   */
  public Result run(String place, Optional<String> id, Set<String> without)
      throws IOException, InterruptedException {
    Backup.checkInFolder(config);
    FirstContact.hdfs(config.hadoop(), config.master().folder());
    BackupPlace backups = BackupPlace.open(config, place);
    BackupIndex index = backups.read(id).without(views(without));
    Path folder = new Path(config.master().folder());
    FileSystem fileSystem = folder.getFileSystem(config.hadoop());
    Path master = fileSystem.makeQualified(folder);

    try (Connection connection = HBaseConnector.connectForWork(config)) {
      PublishedTable store = new PublishedTable(connection);
      if (begin(index, master, fileSystem, store, connection)) {
        TableRelocation.removeMetadata(config.hadoop(), master);
      }

      Configuration jobs = backups.jobs(HBaseConnector.forWork(config));
      loadTables(index, backups, fileSystem, new TableCopy(connection, jobs));
      MasterCopy.run(jobs, backups.master(), master, backups.isHdfs(), without);
      TableRelocation.run(config.hadoop(), master, index.master());

      store.ensure();
      for (SavedView view : index.views()) {
        store.catalog().restore(view.version(), view.lastVersion(), view.verdict());
      }
      fileSystem.delete(new Path(master, MARK), false);
      return new Result(
          index.id(),
          index.views().stream().map(SavedView::version).toList(),
          index.tables().size());
    }
  }

  private static Set<String> views(Set<String> topics) {
    Views declared = Views.load(Thread.currentThread().getContextClassLoader());
    return topics.stream()
        .flatMap(topic -> declared.ofTopic(topic).stream())
        .map(View::name)
        .collect(Collectors.toSet());
  }

  /**
   * Marks the cluster as this restore's, where it is empty or was begun by one of this backup.
   *
   * @return whether it was begun
   */
  private static boolean begin(
      BackupIndex index,
      Path master,
      FileSystem fileSystem,
      PublishedTable store,
      Connection connection)
      throws IOException {
    Path mark = new Path(master, MARK);
    Optional<String> begun = text(fileSystem, mark);
    if (begun.isPresent() && !begun.get().equals(index.id())) {
      throw new InvalidInputException(
          "Cannot restore backup %s: a restore of backup %s has begun in this cluster; go on with --backup %s"
              .formatted(index.id(), begun.get(), begun.get()));
    }

    if (begun.isEmpty()) {
      checkEmpty(index, master, fileSystem, store, connection);
      FileContext files = FileContext.getFileContext(master.toUri(), fileSystem.getConf());
      ExclusiveFile.write(files, mark, index.id().getBytes(StandardCharsets.UTF_8));
    }
    return begun.isPresent();
  }

  private static Optional<String> text(FileSystem fileSystem, Path file) throws IOException {
    try (FSDataInputStream in = fileSystem.open(file)) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  private static void checkEmpty(
      BackupIndex index,
      Path master,
      FileSystem fileSystem,
      PublishedTable store,
      Connection connection)
      throws IOException {
    FileStatus[] found;
    try {
      found = fileSystem.listStatus(master);
    } catch (FileNotFoundException e) {
      found = new FileStatus[0];
    }
    Stream<String> folders = Stream.of(found).map(f -> f.getPath().toString());
    Stream<String> tables =
        Backup.tables(connection).stream()
            .filter(t -> !t.equals(PublishedTable.NAME))
            .map(TableName::getNameAsString);
    Stream<String> views = store.pointer().views().stream().map(v -> "published view " + v);

    Optional<String> first = Stream.of(folders, tables, views).flatMap(s -> s).findFirst();
    if (first.isPresent()) {
      throw new InvalidInputException(
          "Cannot restore backup %s: expected a cluster that holds nothing of the stack, found %s; restore before jobs and batch runs begin"
              .formatted(index.id(), first.get()));
    }
  }

  private void loadTables(
      BackupIndex index, BackupPlace backups, FileSystem fileSystem, TableCopy copy)
      throws IOException, InterruptedException {
    Path staging = Staging.folder(config, "restore-" + index.id());
    fileSystem.delete(staging, true);
    try {
      for (SavedTable table : index.tables()) {
        copy.load(table, backups.table(index.id(), table), staging);
      }
    } catch (IOException | RuntimeException e) {
      Staging.removeAfter(e, config.hadoop(), staging);
      throw e;
    }
    fileSystem.delete(staging, true);
  }
}
