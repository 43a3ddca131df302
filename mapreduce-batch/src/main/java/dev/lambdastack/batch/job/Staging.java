package dev.lambdastack.batch.job;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

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
    Path staging = new Path(config.staging());
    FileSystem own = staging.getFileSystem(config.hadoop());
    if (!own.getUri().equals(fileSystem.getUri())) {
      throw new InvalidInputException(
          "Cannot use lambda.staging=%s: it must be on the file system of lambda.master=%s, since files are moved there"
              .formatted(config.staging(), config.master()));
    }
    return new Path(own.makeQualified(staging), run);
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
