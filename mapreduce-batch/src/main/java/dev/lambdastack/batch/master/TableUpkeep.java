package dev.lambdastack.batch.master;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.HistoryEntry;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;

/**
 * The files of a table that nothing reads any more: those of snapshots that have expired, and those
 * that no snapshot names. A snapshot that has a name stays.
 */
public final class TableUpkeep {
  private final Table table;
  private final Configuration conf;
  private final List<FileStatus> there;

  private TableUpkeep(Table table, Configuration conf, List<FileStatus> there) {
    this.table = table;
    this.conf = conf;
    this.there = there;
  }

  /**
   * Looks at a table's folder.
   *
   * @param table loaded anew before each question
   */
  static TableUpkeep of(Table table, Configuration conf) throws IOException {
    List<FileStatus> there = new ArrayList<>();
    Path folder = new Path(table.location());
    FileSystem fileSystem = folder.getFileSystem(conf);
    for (String part : List.of("data", "metadata")) {
      try {
        RemoteIterator<LocatedFileStatus> files =
            fileSystem.listFiles(new Path(folder, part), true);
        while (files.hasNext()) {
          there.add(files.next());
        }
      } catch (FileNotFoundException none) {
        // Nothing was written yet.
      }
    }

    // After the listing: a file that was committed meanwhile is no orphan.
    table.refresh();
    return new TableUpkeep(table, conf, there);
  }

  /**
   * What goes and what stays.
   *
   * @param superseded data files that only snapshots have that expire
   * @param waiting data files that are not of the newest snapshot and stay for now
   * @param orphans data files that no snapshot names
   * @param traces files of metadata that nothing names
   * @param bytes of the first and third
   */
  public record Found(
      Set<String> superseded, int waiting, Set<Path> orphans, Set<Path> traces, long bytes) {}

  /**
   * Looks what is older than an instant.
   *
   * @param before files that are younger stay
   */
  public Found look(Instant before) throws IOException {
    Set<Long> expiring =
        expiry(before).apply().stream().map(Snapshot::snapshotId).collect(Collectors.toSet());
    Map<String, Long> all = new HashMap<>();
    Map<String, Long> staying = new HashMap<>();
    Map<String, Long> current = new HashMap<>();
    Map<String, Map<String, Long>> read = new HashMap<>();
    Set<String> named = new HashSet<>(metadata());
    for (Snapshot snapshot : table.snapshots()) {
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        named.add(path(manifest.path()));
        Map<String, Long> files = read.get(manifest.path());
        if (files == null) {
          files = files(manifest);
          read.put(manifest.path(), files);
        }

        all.putAll(files);
        if (!expiring.contains(snapshot.snapshotId())) {
          staying.putAll(files);
        }
        if (snapshot.equals(table.currentSnapshot())) {
          current.putAll(files);
        }
      }
    }

    Map<String, Long> superseded = new HashMap<>(all);
    superseded.keySet().removeAll(staying.keySet());
    Set<String> waiting = new HashSet<>(staying.keySet());
    waiting.removeAll(current.keySet());

    Set<Path> orphans = new HashSet<>();
    Set<Path> traces = new HashSet<>();
    long bytes = superseded.values().stream().mapToLong(Long::longValue).sum();
    for (FileStatus file : there) {
      String path = path(file.getPath().toString());
      if (!isOlder(file, before) || all.containsKey(path) || named.contains(path)) {
        continue;
      }
      if (path.contains("/metadata/")) {
        traces.add(file.getPath());
      } else {
        orphans.add(file.getPath());
        bytes += file.getLen();
      }
    }
    return new Found(superseded.keySet(), waiting.size(), orphans, traces, bytes);
  }

  /** Removes what {@link #look} has found, but for what was given a name since. */
  public void remove(Found found, Instant before) throws IOException {
    FileSystem fileSystem = new Path(table.location()).getFileSystem(conf);
    expiry(before).deleteWith(path -> delete(fileSystem, path)).commit();
    table.refresh();
    Set<String> superseded = new HashSet<>(found.superseded());
    superseded.removeAll(named());
    for (String path : superseded) {
      // Iceberg leaves some until the snapshot that has replaced them expires too.
      delete(fileSystem, path);
    }

    for (Set<Path> paths : List.of(found.orphans(), found.traces())) {
      for (Path path : paths) {
        path.getFileSystem(conf).delete(path, false);
      }
    }
  }

  private static void delete(FileSystem fileSystem, String path) {
    try {
      fileSystem.delete(new Path(path), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The data files of all snapshots. */
  private Set<String> named() throws IOException {
    Set<String> named = new HashSet<>();
    Set<String> read = new HashSet<>();
    for (Snapshot snapshot : table.snapshots()) {
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        if (read.add(manifest.path())) {
          named.addAll(files(manifest).keySet());
        }
      }
    }
    return named;
  }

  private ExpireSnapshots expiry(Instant before) {
    return table.expireSnapshots().expireOlderThan(currentAt(before)).retainLast(1);
  }

  /**
   * The time of the snapshot that was the newest one then: who began to read then has it, however
   * old it was.
   */
  private long currentAt(Instant then) {
    long time = Long.MIN_VALUE;
    for (HistoryEntry entry : table.history()) {
      Snapshot snapshot = table.snapshot(entry.snapshotId());
      if (snapshot != null && !Instant.ofEpochMilli(entry.timestampMillis()).isAfter(then)) {
        time = snapshot.timestampMillis();
      }
    }
    return time;
  }

  private Set<String> metadata() {
    Set<String> named = new HashSet<>();
    ReachableFileUtil.metadataFileLocations(table, false).forEach(f -> named.add(path(f)));
    ReachableFileUtil.manifestListLocations(table).forEach(f -> named.add(path(f)));
    ReachableFileUtil.statisticsFilesLocations(table).forEach(f -> named.add(path(f)));
    named.add(path(ReachableFileUtil.versionHintLocation(table)));
    named.add(path(table.location() + "/metadata/" + LocalLock.FILE));
    return named;
  }

  private Map<String, Long> files(ManifestFile manifest) throws IOException {
    Map<String, Long> files = new HashMap<>();
    try (CloseableIterable<? extends ContentFile<?>> entries = entries(manifest)) {
      entries.forEach(file -> files.put(path(file.location()), file.fileSizeInBytes()));
    }
    return files;
  }

  /** Another program may have deleted rows. */
  private CloseableIterable<? extends ContentFile<?>> entries(ManifestFile manifest) {
    return manifest.content() == ManifestContent.DELETES
        ? ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())
        : ManifestFiles.read(manifest, table.io(), table.specs());
  }

  /** Without scheme and server, which may stand in one place and not in the other. */
  private static String path(String location) {
    return new Path(location).toUri().getPath();
  }

  private static boolean isOlder(FileStatus file, Instant before) {
    return !Instant.ofEpochMilli(file.getModificationTime()).isAfter(before);
  }
}
