package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.job.Staging;
import dev.lambdastack.batch.master.Lease;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.handoff.Version;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Removes what nothing reads any more: files that a compaction has put others in the place of, once
 * no version that is kept was computed from them and no run holds a lease, and what killed runs
 * have left. All of it is {@code lambda.compact.grace} old at least, which must be longer than the
 * longest run.
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
   * Of one topic.
   *
   * @param kept all versions that are in the catalog, of whatever view: those of other topics are
   *     told by their manifest's digest
   * @param dryRun says what would go, and removes nothing
   */
  public SweepResult run(MasterDataset dataset, Collection<Version> kept, boolean dryRun)
      throws IOException {
    Instant now = clock.instant();
    Instant before = now.minus(config.compact().grace());
    List<FileStatus> there = dataset.dataFiles();
    // After the listing: a file that was committed meanwhile is no orphan.
    List<StoredManifest> chain = dataset.manifests();

    Pins pins = pins(dataset, chain, kept, now);
    Map<String, FileLife> lives = FileLife.of(chain);

    List<Path> superseded = new ArrayList<>();
    List<Path> orphans = new ArrayList<>();
    long bytes = 0;
    int waiting = 0;
    for (FileStatus file : there) {
      FileLife life = lives.get(dataset.path(file));
      if (life == null) {
        if (isOlder(file, before)) {
          orphans.add(file.getPath());
          bytes += file.getLen();
        }
      } else if (life.isOver()) {
        if (life.endedBefore(before) && !pins.hold(life)) {
          superseded.add(file.getPath());
          bytes += file.getLen();
        } else {
          waiting++;
        }
      }
    }

    List<Path> drafts = drafts(dataset, before);
    List<Path> leases = Lease.lost(dataset, now, config.master().lease());

    if (!dryRun) {
      for (List<Path> paths : List.of(superseded, orphans, drafts, leases)) {
        for (Path path : paths) {
          dataset.fileSystem().delete(path, false);
        }
      }
    }

    return new SweepResult(
        superseded.size(), waiting, orphans.size(), bytes, drafts.size() + leases.size());
  }

  /**
   * Removes folders of killed runs below {@code lambda.staging}, of whatever topic.
   *
   * @param fileSystem of the master dataset
   * @param dryRun says what would go, and removes nothing
   * @return the folders
   */
  public List<Path> staging(FileSystem fileSystem, boolean dryRun) throws IOException {
    Instant before = clock.instant().minus(config.compact().grace());
    Path root = Staging.folder(config, fileSystem, "x").getParent();
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

  private Pins pins(
      MasterDataset dataset, List<StoredManifest> chain, Collection<Version> kept, Instant now)
      throws IOException {
    Map<Long, String> digests =
        chain.stream().collect(Collectors.toMap(m -> m.manifest().sequence(), m -> m.digest()));
    Set<Long> versions =
        kept.stream()
            .filter(v -> v.manifestDigest().equals(digests.get(v.manifest())))
            .map(Version::manifest)
            .collect(Collectors.toSet());
    return new Pins(versions, Set.copyOf(Lease.held(dataset, now, config.master().lease())));
  }

  private static List<Path> drafts(MasterDataset dataset, Instant before) throws IOException {
    return list(dataset.fileSystem(), dataset.resolve(dataset.topic() + "/_manifests")).stream()
        .filter(f -> f.getPath().getName().endsWith(".draft") && isOlder(f, before))
        .map(FileStatus::getPath)
        .toList();
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
