package dev.lambdastack.batch.job;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;

/**
 * A run's own folder for work in progress. When a run is killed it stays behind, which does no
 * harm: nothing is ever read from another run's.
 */
public final class Staging {
  private Staging() {}

  /**
   * The folder of a run; it is not created.
   *
   * @param fileSystem of the master dataset
   * @throws InvalidInputException when {@code lambda.staging} is on another file system
   */
  public static Path folder(LambdaConfig config, FileSystem fileSystem, String run)
      throws IOException {
    Path staging = new Path(config.master().staging());
    FileSystem own = staging.getFileSystem(config.hadoop());
    if (!own.getUri().equals(fileSystem.getUri())) {
      throw new InvalidInputException(
          "Cannot use lambda.staging=%s: it must be on the file system of lambda.master=%s, since files are moved there"
              .formatted(config.master().staging(), config.master().folder()));
    }
    return new Path(own.makeQualified(staging), run);
  }

  /**
   * What to throw for this failure: where nothing can be written any more, what says so, else the
   * failure itself. Nothing must be committed.
   *
   * @param folders where the run writes; not yet removed
   */
  public static IOException explained(IOException failure, FileSystem fileSystem, Path... folders) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof QuotaExceededException quota) {
        // It names the folder itself.
        throw full(fileSystem.getUri().toString(), quota, failure);
      }
    }

    // A task's own failure does not always come with its reason.
    for (Path folder : folders) {
      Path probe = new Path(folder, ".probe");
      try (FSDataOutputStream out = fileSystem.create(probe, true)) {
        out.write(0);
      } catch (IOException e) {
        throw FileSystemFault.isAway(e)
            ? away(folder, e, failure)
            : full(folder.toString(), e, failure);
      } finally {
        removeAfter(failure, fileSystem, probe);
      }
    }

    return failure;
  }

  private static InvalidInputException full(String where, IOException why, Exception failure) {
    return new InvalidInputException(
        "Cannot write to %s: %s; nothing was committed: make room or raise the quota, and run it again"
            .formatted(where, reason(why)),
        failure);
  }

  private static UnavailableException away(Path folder, IOException why, Exception failure) {
    return new UnavailableException(
        "Cannot write to %s: %s; nothing was committed: run it again once HDFS answers"
            .formatted(folder, reason(why)),
        failure);
  }

  private static String reason(IOException why) {
    String reason = why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage();
    return reason.lines().findFirst().orElse(reason);
  }

  /** Removes the folder of a run that failed; that it cannot is less than why it failed. */
  public static void removeAfter(Exception failure, FileSystem fileSystem, Path folder) {
    try {
      fileSystem.delete(folder, true);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
