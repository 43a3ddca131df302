package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.TableUpkeep;
import dev.lambdastack.settings.LambdaConfig;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Removes what nothing reads any more: files that a compaction has put others in the place of, once
 * no snapshot that is kept has them, and what killed runs have left. All of it is {@code
 * lambda.compact.grace} old at least, which must be longer than the longest run.
 */
public final class Sweep {
  private static final String RUN = "[a-z-]+-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}";

  private final LambdaConfig config;
  private final Clock clock;

  public Sweep(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /**
   * Of one topic: its events and its dead letters.
   *
   * @param dryRun says what would go, and removes nothing
   */
  public SweepResult run(MasterTable table, boolean dryRun) throws IOException {
    Instant before = clock.instant().minus(config.compact().grace());
    int superseded = 0;
    int waiting = 0;
    int orphans = 0;
    long bytes = 0;
    int traces = 0;

    for (TableUpkeep upkeep : table.upkeep(config.hadoop())) {
      TableUpkeep.Found found = upkeep.look(before);
      if (!dryRun) {
        upkeep.remove(found, before);
      }
      superseded += found.superseded().size();
      waiting += found.waiting();
      orphans += found.orphans().size();
      bytes += found.bytes();
      traces += found.traces().size();
    }
    return new SweepResult(superseded, waiting, orphans, bytes, traces);
  }

  /**
   * Removes folders of killed runs below {@code lambda.staging}, of whatever topic.
   *
   * @param dryRun says what would go, and removes nothing
   * @return the folders
   */
  public List<Path> staging(boolean dryRun) throws IOException {
    Instant before = clock.instant().minus(config.compact().grace());
    Path root = Staging.folder(config, "x").getParent();
    FileSystem fileSystem = root.getFileSystem(config.hadoop());
    List<Path> old = new ArrayList<>();

    for (FileStatus folder : list(fileSystem, root)) {
      if (folder.isDirectory()
          && folder.getPath().getName().matches(RUN)
          && isOlder(folder, before)
          && all(fileSystem, folder.getPath()).stream().allMatch(f -> isOlder(f, before))) {
        old.add(folder.getPath());
        if (!dryRun) {
          fileSystem.delete(folder.getPath(), true);
        }
      }
    }

    return List.copyOf(old);
  }

  private static boolean isOlder(FileStatus file, Instant before) {
    return !Instant.ofEpochMilli(file.getModificationTime()).isAfter(before);
  }

  private static List<FileStatus> list(FileSystem fileSystem, Path folder) throws IOException {
    try {
      return List.of(fileSystem.listStatus(folder));
    } catch (FileNotFoundException none) {
      return List.of();
    }
  }

  private static List<FileStatus> all(FileSystem fileSystem, Path folder) throws IOException {
    List<FileStatus> files = new ArrayList<>();
    RemoteIterator<? extends FileStatus> found = fileSystem.listFiles(folder, true);
    while (found.hasNext()) {
      files.add(found.next());
    }
    return files;
  }
}
