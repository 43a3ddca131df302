package dev.lambdastack.batch.master;

import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.files.ExclusiveFile;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * The master dataset of one topic.
 *
 * <pre>
 * &lt;master&gt;/&lt;topic&gt;/event_date=YYYY-MM-DD/*.parquet
 * &lt;master&gt;/&lt;topic&gt;/event_date=mixed/*.parquet
 * &lt;master&gt;/&lt;topic&gt;/_dead_letters/*.parquet
 * &lt;master&gt;/&lt;topic&gt;/_manifests/&lt;20-digit sequence&gt;.json
 * &lt;master&gt;/&lt;topic&gt;/_snapshots/&lt;20-digit sequence&gt;-&lt;SHA-256&gt;.json
 * &lt;master&gt;/&lt;topic&gt;/_leases/&lt;20-digit sequence&gt;-&lt;run&gt;
 * </pre>
 *
 * A file belongs to it when a manifest lists it, and not before. A manifest is committed by a
 * rename that fails when the name is taken, so that of two runs with the same sequence one wins.
 * Safe for use by many processes at once.
 */
public final class MasterDataset {
  private static final String MANIFESTS = "_manifests";
  private static final String SUFFIX = ".json";

  /** So many manifests are read at most, beside a snapshot. */
  private static final int SNAPSHOT_EVERY = 100;

  private static final String DEAD_LETTERS = "_dead_letters";

  private final Path root;
  private final Supplier<String> place;
  private final String topic;
  private final FileSystem fileSystem;
  private final FileContext context;

  private MasterDataset(
      Path root, Supplier<String> place, String topic, FileSystem fileSystem, FileContext context) {
    this.root = root;
    this.place = place;
    this.topic = topic;
    this.fileSystem = fileSystem;
    this.context = context;
  }

  /**
   * The dataset of a topic, which may be empty; nothing is written.
   *
   * @param master path or URI of the master folder
   * @throws InvalidInputException when its file system cannot be used, or may let two runs commit
   *     the same manifest
   * @throws UnavailableException when its file system does not answer
   */
  public static MasterDataset open(Configuration conf, String master, String topic)
      throws IOException {
    FirstContact.hdfs(conf, master);
    Path root = new Path(master);

    try {
      FileSystem fileSystem = root.getFileSystem(conf);
      checkRenames(conf, master, fileSystem);
      Path qualified = fileSystem.makeQualified(root);

      MasterDataset dataset =
          new MasterDataset(
              qualified,
              () -> place(conf, root, qualified),
              topic,
              fileSystem,
              FileContext.getFileContext(qualified.toUri(), conf));
      fileSystem.exists(qualified);
      return dataset;
    } catch (ConnectException | UnknownHostException | NoRouteToHostException e) {
      throw unreachable(master, e);
    } catch (IllegalArgumentException | UnsupportedFileSystemException e) {
      throw unreachable(master, e);
    }
  }

  /** A local folder is often nobody's wish: then which configuration has chosen it. */
  private static String place(Configuration conf, Path root, Path qualified) {
    boolean isChosen = root.toUri().getScheme() != null;
    return isChosen || !"file".equals(qualified.toUri().getScheme())
        ? qualified.toString()
        : "%s (fs.defaultFS is %s)"
            .formatted(qualified, FirstContact.origin(conf, "core", List.of("fs.defaultFS")));
  }

  /**
   * A commit is a rename that fails when the name is taken: HDFS does that in one step. Object
   * stores and gateways do not; a local file system is good for the processes of one machine.
   */
  static void checkRenames(Configuration conf, String master, FileSystem fileSystem) {
    String scheme = fileSystem.getUri().getScheme();
    if (!scheme.equals("hdfs") && !(scheme.equals("file") && Jobs.isLocal(conf))) {
      throw new InvalidInputException(
          "Cannot keep a master dataset in lambda.master=%s: expected a folder on HDFS (or a local one where mapreduce.framework.name=local), found file system '%s', where two runs might both commit; set lambda.master or fs.defaultFS to hdfs://..."
              .formatted(master, scheme));
    }
  }

  private static LambdaException unreachable(String master, Exception e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return FileSystemFault.of(
        "Cannot reach the file system of lambda.master=%s: %s; check fs.defaultFS in core-site.xml and that HDFS runs"
            .formatted(master, why.lines().findFirst().orElse(why)),
        e);
  }

  public String topic() {
    return topic;
  }

  /** The master folder, which paths in manifests are relative to. */
  public Path root() {
    return root;
  }

  /** The master folder for a message, with what has chosen it where that may be wrong. */
  public String place() {
    return place.get();
  }

  /** The file system that it is on. */
  public FileSystem fileSystem() {
    return fileSystem;
  }

  /** Where a path from a manifest lies. */
  public Path resolve(String path) {
    return new Path(root, path);
  }

  /**
   * All committed manifests, the first one first, their chain checked.
   *
   * @throws InvalidInputException when a manifest is missing, unreadable, or cannot follow the one
   *     before
   */
  public List<StoredManifest> manifests() throws IOException {
    List<StoredManifest> chain = new ArrayList<>();
    read(Optional.empty(), Long.MAX_VALUE, chain::add);
    return List.copyOf(chain);
  }

  /**
   * What the dataset holds after its newest manifest; empty before the first. Reads the newest
   * snapshot and the manifests behind it, and checks their chain; that those before it are as they
   * were is for an audit to see.
   */
  public Optional<Contents> contents() throws IOException {
    return contents(Long.MAX_VALUE);
  }

  private Optional<Contents> contents(long last) throws IOException {
    return read(snapshots().newest(last), last, manifest -> {});
  }

  /** What is wrong with snapshots, one line each, seen from the whole chain. */
  public List<String> snapshotProblems(List<StoredManifest> chain) throws IOException {
    List<String> problems = new ArrayList<>();
    for (Snapshots.Found found : snapshots().all()) {
      String name = "snapshot " + found.file().getName();
      if (found.contents().isEmpty()) {
        problems.add(name + " is not what was written; it is not used: remove it");
      } else if (found.sequence() > chain.size()
          || !Contents.of(chain.subList(0, (int) found.sequence())).equals(found.contents())) {
        problems.add(name + " is not what the manifests say: remove it at once");
      }
    }
    return problems;
  }

  private Snapshots snapshots() {
    return new Snapshots(fileSystem, new Path(root, topic));
  }

  /**
   * What the dataset held after this manifest, whatever came later.
   *
   * @param digest of the manifest
   * @throws IOException when there is no such manifest
   */
  public Contents contents(long sequence, String digest) throws IOException {
    return contents(sequence)
        .filter(c -> c.sequence() == sequence && c.digest().equals(digest))
        .orElseThrow(
            () ->
                new IOException(
                    String.format(
                        Locale.ROOT,
                        "Topic %s has no manifest %d with SHA-256 %s in %s",
                        topic,
                        sequence,
                        digest,
                        folder())));
  }

  private Optional<Contents> read(
      Optional<Contents> snapshot, long last, Consumer<StoredManifest> each) throws IOException {
    Contents.Fold fold = new Contents.Fold(snapshot);
    long known = snapshot.map(Contents::sequence).orElse(0L);
    long expected = 1;

    for (Path file : manifestFiles()) {
      if (expected > last) {
        break;
      }
      if (!file.equals(file(expected))) {
        throw broken(file, String.format(Locale.ROOT, "manifest %d is missing", expected));
      }

      if (expected < known) {
        expected++;
        continue;
      }

      StoredManifest next = read(file);
      if (expected == known) {
        if (!next.digest().equals(snapshot.get().digest())) {
          throw broken(file, "it is not the one that its snapshot was made after");
        }
        expected++;
        continue;
      }

      if (!next.manifest().topic().equals(topic)) {
        throw broken(file, "it says that it is of topic " + next.manifest().topic());
      }
      try {
        fold.add(next);
      } catch (IllegalArgumentException e) {
        throw broken(file, e.getMessage());
      }
      each.accept(next);
      expected++;
    }

    return fold.contents();
  }

  private static InvalidInputException broken(Path file, String problem) {
    return new InvalidInputException(
        "The chain of manifests is broken at %s: %s; bring the missing or changed file back (from HDFS's trash or a snapshot): nothing is read or written until the chain is whole"
            .formatted(file, problem));
  }

  /** Numbers of the manifests that are there, by their names alone; in order. */
  public List<Long> sequences() throws IOException {
    return manifestFiles().stream()
        .map(Path::getName)
        .map(name -> Long.valueOf(name.substring(0, name.length() - SUFFIX.length())))
        .toList();
  }

  /** One manifest by itself; who reads the dataset uses {@link #contents}. */
  public StoredManifest manifest(long sequence) throws IOException {
    return read(file(sequence));
  }

  /**
   * Paths of the data and dead letter files that are there, whether or not a manifest names them.
   */
  public List<String> filesThere() throws IOException {
    return dataFiles().stream().map(this::path).toList();
  }

  /** {@link #filesThere} with what HDFS says of them. */
  public List<FileStatus> dataFiles() throws IOException {
    List<FileStatus> files = new ArrayList<>();
    for (FileStatus folder : list(new Path(root, topic))) {
      String name = folder.getPath().getName();
      if (folder.isDirectory() && (name.startsWith("event_date=") || name.equals(DEAD_LETTERS))) {
        RemoteIterator<? extends FileStatus> found = fileSystem.listFiles(folder.getPath(), true);
        while (found.hasNext()) {
          files.add(found.next());
        }
      }
    }
    return files;
  }

  private List<FileStatus> list(Path folderToList) throws IOException {
    try {
      return List.of(fileSystem.listStatus(folderToList));
    } catch (FileNotFoundException none) {
      return List.of();
    }
  }

  /** The path, relative to the master folder, as manifests have it. */
  public String path(FileStatus file) {
    return root.toUri().relativize(file.getPath().toUri()).getPath();
  }

  private List<Path> manifestFiles() throws IOException {
    try {
      return Arrays.stream(fileSystem.listStatus(folder()))
          .map(FileStatus::getPath)
          .filter(p -> p.getName().matches("[0-9]{20}\\" + SUFFIX))
          .sorted(Comparator.comparing(Path::getName))
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private StoredManifest read(Path file) throws IOException {
    try (FSDataInputStream in = fileSystem.open(file)) {
      return StoredManifest.of(in.readAllBytes());
    } catch (IllegalArgumentException e) {
      throw broken(file, e.getMessage());
    }
  }

  /**
   * Commits a manifest behind those that other runs commit meanwhile, so that of two runs which do
   * not touch each other's ground none is in vain.
   *
   * @param stillHolds whether the commit may follow these contents too; asked after each run that
   *     was first
   * @return the manifest as it was committed; empty when it may not follow, so that nothing has
   *     changed
   */
  public Optional<StoredManifest> commit(Manifest manifest, Predicate<Contents> stillHolds)
      throws IOException {
    Manifest next = manifest;
    while (true) {
      Optional<String> digest = commit(next);
      if (digest.isPresent()) {
        StoredManifest committed = new StoredManifest(next, digest.get());
        if (next.sequence() % SNAPSHOT_EVERY == 0) {
          snapshot(committed);
        }
        return Optional.of(committed);
      }

      Contents contents = contents().orElseThrow();
      if (!stillHolds.test(contents)) {
        return Optional.empty();
      }
      next = next.at(contents.sequence() + 1, Optional.of(contents.digest()));
    }
  }

  private void snapshot(StoredManifest committed) {
    try {
      snapshots().write(contents(committed.manifest().sequence(), committed.digest()));
    } catch (IOException e) {
      // It is committed all the same; readers take the snapshot before.
    }
  }

  /**
   * Commits a manifest: from here on its files belong to the dataset.
   *
   * @return the digest of its file; empty when another run has taken the sequence number, so that
   *     nothing has changed
   */
  Optional<String> commit(Manifest manifest) throws IOException {
    byte[] bytes = ManifestJson.write(manifest);
    // A manifest says which run wrote it, so no other run's has these bytes.
    return ExclusiveFile.write(context, file(manifest.sequence()), bytes)
        ? Optional.of(StoredManifest.sha256(bytes))
        : Optional.empty();
  }

  /** Moves a finished file into the dataset's folders; it is not yet part of the dataset. */
  public void moveIn(Path from, String path) throws IOException {
    Path target = resolve(path);
    fileSystem.mkdirs(target.getParent());
    context.rename(from, target, Rename.NONE);
  }

  private Path folder() {
    return new Path(new Path(root, topic), MANIFESTS);
  }

  private Path file(long sequence) {
    return new Path(folder(), String.format(Locale.ROOT, "%020d", sequence) + SUFFIX);
  }
}
