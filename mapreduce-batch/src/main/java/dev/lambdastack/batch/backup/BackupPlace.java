package dev.lambdastack.batch.backup;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Where backups lie: a folder of any file system that Hadoop reaches. */
final class BackupPlace {
  private final Path root;
  private final FileSystem fileSystem;

  private BackupPlace(Path root, FileSystem fileSystem) {
    this.root = root;
    this.fileSystem = fileSystem;
  }

  /**
   * A place; nothing is written.
   *
   * @param place path or URI
   * @throws InvalidInputException when its file system cannot be used, or it lies in the master
   *     folder
   */
  static BackupPlace open(LambdaConfig config, String place) {
    try {
      Path path = new Path(place);
      FileSystem fileSystem = path.getFileSystem(config.hadoop());
      Path root = fileSystem.makeQualified(path);
      fileSystem.exists(root);

      Path master = new Path(config.master().folder());
      String inside = master.getFileSystem(config.hadoop()).makeQualified(master) + "/";
      if ((root + "/").startsWith(inside) || inside.startsWith(root + "/")) {
        throw new InvalidInputException(
            "Cannot keep backups in %s: expected a folder beside lambda.master=%s; name another one"
                .formatted(root, config.master().folder()));
      }
      return new BackupPlace(root, fileSystem);
    } catch (IOException | IllegalArgumentException e) {
      throw FileSystemFault.of(
          "Cannot use %s for backups: %s; name a folder as hdfs://<name service>/<path> or file:///<path>"
              .formatted(place, LambdaException.rootMessage(e)),
          e);
    }
  }

  /**
   * The configuration of jobs that copy. A folder of this host's disk is no other host's: then this
   * process copies alone.
   */
  Configuration jobs(Configuration conf) {
    Configuration copy = new Configuration(conf);
    if (fileSystem.getUri().getScheme().equals("file") && !Jobs.isLocal(copy)) {
      copy.set("mapreduce.framework.name", "local");
    }
    return copy;
  }

  Path master() {
    return new Path(root, "master");
  }

  Path table(String id, SavedTable table) {
    return new Path(new Path(new Path(root, id), "tables"), table.folder());
  }

  void delete(String id, SavedTable table) throws IOException {
    fileSystem.delete(table(id, table), true);
  }

  boolean isHdfs() {
    return fileSystem.getUri().getScheme().equals("hdfs");
  }

  /** Makes a folder a backup. */
  void write(BackupIndex index) throws IOException {
    Path file = file(index.id());
    Path draft = file.suffix(".draft");
    try (FSDataOutputStream out = fileSystem.create(draft, true)) {
      out.write(index.toJson());
    }
    if (!fileSystem.rename(draft, file)) {
      throw new IOException("Cannot rename " + draft + " to " + file);
    }
  }

  private Path file(String id) {
    return new Path(new Path(root, id), BackupIndex.FILE);
  }

  /**
   * A backup.
   *
   * @param id empty for the newest
   * @throws InvalidInputException when there is none
   */
  BackupIndex read(Optional<String> id) throws IOException {
    String chosen = id.isPresent() ? id.get() : newest();
    try (FSDataInputStream in = fileSystem.open(file(chosen))) {
      return BackupIndex.fromJson(in.readAllBytes());
    } catch (FileNotFoundException e) {
      throw new InvalidInputException(
          "Cannot find backup %s: expected %s, which is written when a backup is whole"
              .formatted(chosen, file(chosen)),
          e);
    } catch (IOException e) {
      throw new InvalidInputException(
          "Cannot read backup %s: %s"
              .formatted(file(chosen), LambdaException.rootMessage(e).toLowerCase(Locale.ROOT)),
          e);
    }
  }

  /** Ids sort by time. */
  private String newest() throws IOException {
    FileStatus[] folders;
    try {
      folders = fileSystem.listStatus(root);
    } catch (FileNotFoundException e) {
      folders = new FileStatus[0];
    }

    Optional<String> newest = Optional.empty();
    for (String id :
        Stream.of(folders)
            .map(f -> f.getPath().getName())
            .sorted(Comparator.reverseOrder())
            .toList()) {
      if (newest.isEmpty() && fileSystem.exists(file(id))) {
        newest = Optional.of(id);
      }
    }
    return newest.orElseThrow(
        () ->
            new InvalidInputException(
                "Cannot restore from %s: expected a folder with a %s, found none; name the place that `lambda backup --to` was given"
                    .formatted(root, BackupIndex.FILE)));
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
