package dev.lambdastack.batch.master;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.RewriteTablePathUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/**
 * Gives the copy of a table its own paths. The metadata of a table names its files by whole paths,
 * so a copy names those that it was copied from.
 */
public final class TableRelocation {
  private static final String HINT = "version-hint.text";

  private final FileSystem fileSystem;
  private final Path table;
  private final FileIO files;
  private final Path staging;

  private TableRelocation(FileSystem fileSystem, Path table) {
    this.fileSystem = fileSystem;
    this.table = table;
    this.files = new HadoopFileIO(fileSystem.getConf());
    this.staging = new Path(table, "metadata/.relocation");
  }

  /**
   * Relocates all tables below a folder: {@code <folder>/<namespace>/<table>}. What is at its place
   * stays as it is, so that it may be done again.
   *
   * @param folder qualified
   */
  public static void run(Configuration conf, Path folder) throws IOException {
    FileSystem fileSystem = folder.getFileSystem(conf);
    for (String namespace : List.of(MasterCatalog.EVENTS, MasterCatalog.DEAD_LETTERS)) {
      for (FileStatus table : list(fileSystem, new Path(folder, namespace))) {
        try {
          new TableRelocation(fileSystem, table.getPath()).run();
        } catch (UncheckedIOException e) {
          throw e.getCause();
        }
      }
    }
  }

  private static FileStatus[] list(FileSystem fileSystem, Path folder) throws IOException {
    try {
      return fileSystem.listStatus(folder);
    } catch (FileNotFoundException none) {
      return new FileStatus[0];
    }
  }

  private void run() throws IOException {
    Path newest = newest();
    TableMetadata metadata = TableMetadataParser.read(files.newInputFile(newest.toString()));
    String from = metadata.location();
    String to = table.toString();
    if (from.equals(to)) {
      return;
    }

    fileSystem.delete(staging, true);
    FileIO relocated = new Relocated(from, to);
    Set<ManifestFile> manifests = new HashSet<>();
    Set<Long> snapshots = new HashSet<>();
    for (Snapshot snapshot : metadata.snapshots()) {
      manifests.addAll(snapshot.allManifests(relocated));
      snapshots.add(snapshot.snapshotId());
    }

    List<Path> written = new ArrayList<>();
    Map<String, Long> lengths = new HashMap<>();
    for (ManifestFile manifest : manifests) {
      Path path = staged(manifest.path());
      OutputFile out = files.newOutputFile(path.toString());
      RewriteTablePathUtil.rewriteDataManifest(
          manifest,
          snapshots,
          out,
          relocated,
          metadata.formatVersion(),
          metadata.specsById(),
          from,
          to);
      lengths.put(manifest.path(), out.toInputFile().getLength());
      written.add(path);
    }
    for (Snapshot snapshot : metadata.snapshots()) {
      Path path = staged(snapshot.manifestListLocation());
      RewriteTablePathUtil.rewriteManifestList(
          snapshot, relocated, metadata, lengths, from, to, staging.toString(), path.toString());
      written.add(path);
    }

    for (Path path : written) {
      Path target = new Path(table, "metadata/" + path.getName());
      fileSystem.delete(target, false);
      fileSystem.rename(path, target);
    }
    // Last: with it the copy is at its place.
    TableMetadata moved = RewriteTablePathUtil.replacePaths(metadata, from, to);
    Path own = new Path(staging, newest.getName());
    TableMetadataParser.overwrite(moved, files.newOutputFile(own.toString()));
    fileSystem.delete(newest, false);
    fileSystem.rename(own, newest);
    fileSystem.delete(staging, true);
  }

  private Path staged(String path) {
    return new Path(staging, new Path(path).getName());
  }

  private Path newest() throws IOException {
    Path folder = new Path(table, "metadata");
    String version;
    try (FSDataInputStream in = fileSystem.open(new Path(folder, HINT))) {
      version = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    // The hint may be one behind.
    Map<Integer, Path> versions =
        Arrays.stream(fileSystem.listStatus(folder))
            .map(FileStatus::getPath)
            .filter(p -> p.getName().matches("v[0-9]+\\..*metadata\\.json"))
            .collect(
                Collectors.toMap(
                    p -> Integer.valueOf(p.getName().replaceFirst("v([0-9]+)\\..*", "$1")),
                    p -> p));
    int newest = Integer.parseInt(version);
    while (versions.containsKey(newest + 1)) {
      newest++;
    }
    return versions.get(newest);
  }

  /** Reads, under the paths of the original, the files of the copy. */
  private final class Relocated implements FileIO {
    private final String from;
    private final String to;

    Relocated(String from, String to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public InputFile newInputFile(String path) {
      return files.newInputFile(path.startsWith(from) ? to + path.substring(from.length()) : path);
    }

    @Override
    public OutputFile newOutputFile(String path) {
      return files.newOutputFile(path);
    }

    @Override
    public void deleteFile(String path) {
      files.deleteFile(path);
    }
  }
}
