package dev.lambdastack.batch.master;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
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
  private static final Pattern STATE = Pattern.compile("v([0-9]+)(\\.gz)?\\.metadata\\.json");

  private final FileSystem fileSystem;
  private final FileContext context;
  private final Path table;
  private final FileIO files;
  private final Path staging;

  private TableRelocation(FileSystem fileSystem, Path table) throws IOException {
    this.fileSystem = fileSystem;
    this.context = FileContext.getFileContext(table.toUri(), fileSystem.getConf());
    this.table = table;
    this.files = new HadoopFileIO(fileSystem.getConf());
    this.staging = new Path(table, "metadata/.relocation");
  }

  /**
   * The tables below a folder, {@code <namespace>/<table>}, each with the number of its newest
   * state.
   */
  public static SortedMap<String, Integer> states(Configuration conf, Path folder)
      throws IOException {
    SortedMap<String, Integer> states = new TreeMap<>();
    FileSystem fileSystem = folder.getFileSystem(conf);
    for (FileStatus table : tables(fileSystem, folder)) {
      SortedMap<Integer, Path> all = new TableRelocation(fileSystem, table.getPath()).states();
      if (!all.isEmpty()) {
        states.put(name(table.getPath()), all.lastKey());
      }
    }
    return states;
  }

  /** Removes all that a relocation has changed, so that it may be copied and done again. */
  public static void removeMetadata(Configuration conf, Path folder) throws IOException {
    FileSystem fileSystem = folder.getFileSystem(conf);
    for (FileStatus table : tables(fileSystem, folder)) {
      fileSystem.delete(new Path(table.getPath(), "metadata"), true);
    }
  }

  /**
   * Gives the copies of tables their own paths. What a copy holds besides, since a later one was
   * begun into the same folder, goes: newer states, and tables that are none of these. It must be
   * done once; what was broken off begins with {@link #removeMetadata} and another copy.
   *
   * @param folder qualified
   * @param states as {@link #states} gave them for the original
   */
  public static void run(Configuration conf, Path folder, Map<String, Integer> states)
      throws IOException {
    FileSystem fileSystem = folder.getFileSystem(conf);
    for (FileStatus table : tables(fileSystem, folder)) {
      Integer state = states.get(name(table.getPath()));
      if (state == null) {
        fileSystem.delete(table.getPath(), true);
        continue;
      }
      try {
        new TableRelocation(fileSystem, table.getPath()).run(state);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
  }

  private static String name(Path table) {
    return table.getParent().getName() + "/" + table.getName();
  }

  private static List<FileStatus> tables(FileSystem fileSystem, Path folder) throws IOException {
    List<FileStatus> tables = new ArrayList<>();
    for (String namespace : List.of(MasterCatalog.EVENTS, MasterCatalog.DEAD_LETTERS)) {
      tables.addAll(List.of(list(fileSystem, new Path(folder, namespace))));
    }
    return tables;
  }

  private static FileStatus[] list(FileSystem fileSystem, Path folder) throws IOException {
    try {
      return fileSystem.listStatus(folder);
    } catch (FileNotFoundException none) {
      return new FileStatus[0];
    }
  }

  private void run(int state) throws IOException {
    SortedMap<Integer, Path> states = states();
    for (Path newer : states.tailMap(state + 1).values()) {
      fileSystem.delete(newer, false);
    }
    Path newest = states.get(state);
    if (newest == null) {
      throw new FileNotFoundException(
          String.format(Locale.ROOT, "state %d of the table in %s", state, table));
    }

    TableMetadata metadata = TableMetadataParser.read(files.newInputFile(newest.toString()));
    String from = metadata.location();
    String to = table.toString();
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
      replace(path, new Path(table, "metadata/" + path.getName()));
    }
    Path own = new Path(staging, newest.getName());
    TableMetadata moved = RewriteTablePathUtil.replacePaths(metadata, from, to);
    TableMetadataParser.overwrite(moved, files.newOutputFile(own.toString()));
    replace(own, newest);
    Path hint = new Path(staging, HINT);
    try (FSDataOutputStream out = fileSystem.create(hint, true)) {
      out.write(String.format(Locale.ROOT, "%d", state).getBytes(StandardCharsets.UTF_8));
    }
    replace(hint, new Path(table, "metadata/" + HINT));
    fileSystem.delete(staging, true);
  }

  private void replace(Path from, Path to) throws IOException {
    context.rename(from, to, Options.Rename.OVERWRITE);
  }

  private Path staged(String path) {
    return new Path(staging, new Path(path).getName());
  }

  /** By number. The hint is not asked: a copy may have an older one. */
  private SortedMap<Integer, Path> states() throws IOException {
    SortedMap<Integer, Path> states = new TreeMap<>();
    for (FileStatus file : list(fileSystem, new Path(table, "metadata"))) {
      Matcher state = STATE.matcher(file.getPath().getName());
      if (state.matches()) {
        states.put(Integer.valueOf(state.group(1)), file.getPath());
      }
    }
    return states;
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
