package dev.lambdastack.batch.job;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run's own folder for work in progress. When a run is killed it stays behind, which does no
 * harm: nothing is ever read from another run's.
 */
public final class Staging {
  private static final Logger LOG = LoggerFactory.getLogger(Staging.class);

  private Staging() {}

  /** The folder of a run; it is not created. */
  public static Path folder(LambdaConfig config, String run) throws IOException {
    Path staging = new Path(config.master().staging());
    return new Path(staging.getFileSystem(config.hadoop()).makeQualified(staging), run);
  }

  /**
   * What to throw for this failure: where nothing can be written any more, what says so, else the
   * failure itself. Nothing must be committed.
   *
   * @param folders where the run writes; not yet removed
   */
  public static IOException explained(IOException failure, Configuration conf, Path... folders)
      throws IOException {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof QuotaExceededException quota) {
        // It names the folder itself.
        throw full("the file system", quota, failure);
      }
    }

    // A task's own failure does not always come with its reason.
    for (Path folder : folders) {
      FileSystem fileSystem = folder.getFileSystem(conf);
      Path probe = new Path(folder, ".probe");
      try (FSDataOutputStream out = fileSystem.create(probe, true)) {
        out.write(0);
      } catch (IOException e) {
        throw FileSystemFault.isAway(e)
            ? away(folder, e, failure)
            : full(folder.toString(), e, failure);
      } finally {
        removeAfter(failure, conf, probe);
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
        "Cannot write to %s: %s; run it again once HDFS answers: it goes on from what was committed"
            .formatted(folder, reason(why)),
        failure);
  }

  private static String reason(IOException why) {
    String reason = why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage();
    return reason.lines().findFirst().orElse(reason);
  }

  /** Removes the folder of a run that failed; that it cannot is less than why it failed. */
  public static void removeAfter(Exception failure, Configuration conf, Path folder) {
    try {
      folder.getFileSystem(conf).delete(folder, true);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Removes the folder of a run that has ended; where it cannot, {@code lambda cleanup} does. */
  public static void remove(LambdaConfig config, Path folder) {
    try {
      folder.getFileSystem(config.hadoop()).delete(folder, true);
    } catch (IOException e) {
      LOG.warn("{} is left behind: {}", folder, e.getMessage());
    }
  }
}
