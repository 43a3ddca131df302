package dev.lambdastack.speed.launch;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.speed.plan.Slot;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Generation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of one life: {@code <lambda.speed.checkpoints>/<topic>/<life>}.
 *
 * <pre>
 * &lt;Flink job&gt;/chk-&lt;n&gt;/_metadata   checkpoints
 * runs/                         the run that goes on ({@link RunClaim})
 * slots                         the generations that the life carries: a line for each with its
 *                               number in the state, the view and the generation's number
 * </pre>
 */
public final class LifeFolder {
  private static final String METADATA = "_metadata";
  private static final String CHECKPOINT = "chk-";
  private static final String SAVEPOINT = "savepoint-";
  private static final String SLOTS = "slots";

  private final FileSystem files;
  private final Path folder;

  private LifeFolder(FileSystem files, Path folder) {
    this.files = files;
    this.folder = folder;
  }

  /**
   * The folder of a life, which need not exist.
   *
   * @throws LambdaException when the file system cannot be used
   */
  public static LifeFolder of(LambdaConfig config, String topic, String life) {
    try {
      Path root = new Path(config.speed().checkpoints());
      FileSystem files = root.getFileSystem(config.hadoop());
      return new LifeFolder(files, files.makeQualified(new Path(new Path(root, topic), life)));
    } catch (IOException | IllegalArgumentException e) {
      throw FileSystemFault.of(
          "Cannot use lambda.speed.checkpoints=%s: %s"
              .formatted(config.speed().checkpoints(), e.getMessage()),
          e);
    }
  }

  /** Whether this is the folder of a completed checkpoint or savepoint. */
  public static boolean isComplete(LambdaConfig config, String checkpoint) {
    try {
      Path metadata = new Path(checkpoint, METADATA);
      return metadata.getFileSystem(config.hadoop()).exists(metadata);
    } catch (IOException | IllegalArgumentException e) {
      throw FileSystemFault.of(
          "Cannot read checkpoint %s: %s".formatted(checkpoint, e.getMessage()), e);
    }
  }

  /** With scheme and authority. */
  public String uri() {
    return folder.toUri().toString();
  }

  /**
   * Makes the life's folder, before anything else is written of the life.
   *
   * @throws LambdaException when it cannot be made
   */
  void make() {
    try {
      if (!files.mkdirs(folder)) {
        throw new IOException("the folder cannot be made");
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Claims the life for a run; any other stops.
   *
   * @param silent the claims that gave no sign of life; empty where nobody was looked for
   * @throws LostRaceException when another start came first
   * @throws LambdaException when the folder cannot be written
   */
  public void claim(RunClaim run, Optional<Set<String>> silent) {
    try {
      if (silent.isPresent()) {
        run.takeFrom(silent.get());
      } else {
        run.take();
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private LambdaException unwritable(IOException e) {
    String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return FileSystemFault.of(
        "Cannot write to %s: %s; check lambda.speed.checkpoints".formatted(folder, why), e);
  }

  /**
   * Says which generations the life carries from now on. One that is left out never comes back: the
   * life goes on without counting for it.
   */
  void carry(List<Slot> slots) {
    String lines =
        slots.stream()
            .map(
                s ->
                    String.format(
                        Locale.ROOT, "%d %s %d%n", s.number(), s.view(), s.generation().number()))
            .collect(Collectors.joining());
    // A start that is cut off here leaves fewer slots: their views open new generations.
    try (FSDataOutputStream out = files.create(new Path(folder, SLOTS), true)) {
      out.write(lines.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** The slot of a generation; empty when the life does not carry it. */
  Optional<Slot> slotOf(Generation generation) {
    String lines;
    try (FSDataInputStream in = files.open(new Path(folder, SLOTS))) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw FileSystemFault.of(
          "Cannot read %s: %s; check lambda.speed.checkpoints"
              .formatted(new Path(folder, SLOTS), e.getMessage()),
          e);
    }

    String suffix =
        String.format(Locale.ROOT, " %s %d", generation.shape().name(), generation.number());
    return lines
        .lines()
        .filter(line -> line.endsWith(suffix))
        .map(line -> Integer.parseInt(line.substring(0, line.length() - suffix.length())))
        .map(number -> new Slot(number, generation))
        .findFirst();
  }

  /** Where savepoints of the life go. */
  public String savepoints() {
    return uri() + "/savepoints";
  }

  /** Whether Flink may delete it when it has a newer one: savepoints are a person's. */
  public static boolean isOurs(String checkpoint) {
    return new Path(checkpoint).getName().startsWith(CHECKPOINT);
  }

  /** The checkpoint or savepoint that was completed last. */
  public Optional<String> newest() {
    List<FileStatus> found = new ArrayList<>();
    for (FileStatus job : list(folder)) {
      for (FileStatus checkpoint : list(job.getPath())) {
        String name = checkpoint.getPath().getName();
        if (name.startsWith(CHECKPOINT) || name.startsWith(SAVEPOINT)) {
          list(checkpoint.getPath()).stream()
              .filter(f -> f.getPath().getName().equals(METADATA))
              .forEach(found::add);
        }
      }
    }
    return found.stream()
        .max(
            Comparator.comparingLong(FileStatus::getModificationTime)
                .thenComparingLong(f -> number(f.getPath().getParent())))
        .map(f -> f.getPath().getParent().toUri().toString());
  }

  private static long number(Path checkpoint) {
    String name = checkpoint.getName();
    return name.startsWith(CHECKPOINT)
        ? Long.parseLong(name.substring(CHECKPOINT.length()))
        : Long.MAX_VALUE;
  }

  private List<FileStatus> list(Path path) {
    try {
      return files.getFileStatus(path).isDirectory() ? List.of(files.listStatus(path)) : List.of();
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw FileSystemFault.of(
          "Cannot look for checkpoints in %s: %s".formatted(folder, e.getMessage()), e);
    }
  }
}
