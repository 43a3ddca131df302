package dev.lambdastack.batch.master;

import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/**
 * Deletes nothing that a snapshot may name. After a commit that seems to have failed Iceberg
 * deletes the manifests that were written for it, also where the commit had happened and only the
 * answer was lost. They are left for {@link TableUpkeep}, which knows what the table names.
 *
 * <p>States of the table that it no longer needs do go: they are named by nothing but its log.
 */
public final class KeepingFileIO extends HadoopFileIO {
  private static final String STATE = ".metadata.json";

  /** Made by Iceberg, which then gives it a configuration. */
  public KeepingFileIO() {}

  @Override
  public void deleteFile(String path) {
    if (path.endsWith(STATE)) {
      super.deleteFile(path);
    }
  }

  @Override
  public void deleteFile(InputFile file) {
    deleteFile(file.location());
  }

  @Override
  public void deleteFile(OutputFile file) {
    deleteFile(file.location());
  }

  @Override
  public void deleteFiles(Iterable<String> paths) {
    paths.forEach(this::deleteFile);
  }

  @Override
  public void deletePrefix(String prefix) {
    throw new UnsupportedOperationException("deletes no folder: " + prefix);
  }
}
