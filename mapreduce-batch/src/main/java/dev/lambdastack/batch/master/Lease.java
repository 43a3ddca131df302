package dev.lambdastack.batch.master;

import dev.lambdastack.settings.files.Heartbeat;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Keeps the files of a dataset as it is now, and as it becomes, for a run that reads them: none is
 * removed while the lease is held, whatever supersedes it.
 *
 * <p>Take it first and look at the contents then: a removal that has not seen the lease has read
 * manifests which the run sees too, so the run does not use what is removed.
 *
 * <p>It is an empty file {@code _leases/<20-digit sequence>-<run>}; its modification time is the
 * last sign of life. A run that is killed loses it after a while.
 */
public final class Lease implements AutoCloseable {
  private static final String FOLDER = "_leases";
  private static final Pattern NAME = Pattern.compile("([0-9]{20})-.+");

  private final FileSystem fileSystem;
  private final Path file;
  private final Clock clock;
  private final Heartbeat heartbeat;

  private Lease(FileSystem fileSystem, Path file, Clock clock, Duration validity) {
    this.fileSystem = fileSystem;
    this.file = file;
    this.clock = clock;
    this.heartbeat = Heartbeat.start("lease " + file, validity.dividedBy(4), this::beat);
  }

  /**
   * Takes a lease on what the dataset holds from here on.
   *
   * @param runId of the run that reads
   * @param validity how long it holds without a sign of life: {@code lambda.lease}
   */
  public static Lease take(MasterDataset dataset, String runId, Clock clock, Duration validity)
      throws IOException {
    Path file =
        new Path(
            folder(dataset),
            String.format(
                Locale.ROOT,
                "%020d-%s",
                dataset.sequences().stream().mapToLong(Long::longValue).max().orElse(0),
                runId));

    dataset.fileSystem().create(file, true).close();
    Lease lease = new Lease(dataset.fileSystem(), file, clock, validity);
    lease.beat();
    return lease;
  }

  /** A sequence for each lease that is held: files that were there after it are kept. */
  public static List<Long> held(MasterDataset dataset, Instant now, Duration validity)
      throws IOException {
    List<Long> sequences = new ArrayList<>();
    for (FileStatus file : files(dataset)) {
      Matcher name = NAME.matcher(file.getPath().getName());
      if (name.matches() && isHeld(file, now, validity)) {
        sequences.add(Long.parseLong(name.group(1)));
      }
    }
    return sequences;
  }

  /** Those that killed runs have left. */
  public static List<Path> lost(MasterDataset dataset, Instant now, Duration validity)
      throws IOException {
    return files(dataset).stream()
        .filter(file -> !isHeld(file, now, validity))
        .map(FileStatus::getPath)
        .toList();
  }

  /** Where this lease is, for {@link #isHeld(Configuration, String, Instant, Duration)}. */
  public String path() {
    return fileSystem.makeQualified(file).toString();
  }

  /** Whether the run that has the lease of this path is still at work. */
  public static boolean isHeld(Configuration conf, String path, Instant now, Duration validity)
      throws IOException {
    Path file = new Path(path);
    try {
      return isHeld(file.getFileSystem(conf).getFileStatus(file), now, validity);
    } catch (FileNotFoundException given) {
      return false;
    }
  }

  private static boolean isHeld(FileStatus file, Instant now, Duration validity) {
    return Instant.ofEpochMilli(file.getModificationTime()).plus(validity).isAfter(now);
  }

  private static List<FileStatus> files(MasterDataset dataset) throws IOException {
    try {
      return List.of(dataset.fileSystem().listStatus(folder(dataset)));
    } catch (FileNotFoundException none) {
      return List.of();
    }
  }

  private static Path folder(MasterDataset dataset) {
    return dataset.resolve(dataset.topic() + "/" + FOLDER);
  }

  private void beat() throws IOException {
    fileSystem.setTimes(file, clock.millis(), -1);
  }

  /** Where it cannot be removed, it is lost soon. */
  @Override
  public void close() {
    heartbeat.close();
    try {
      fileSystem.delete(file, false);
    } catch (IOException e) {
      // as said
    }
  }
}
