package dev.lambdastack.settings.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.UUID;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.Options.CreateOpts;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;

/**
 * A file whose name one process takes, whole, however many want it at once: it is written under a
 * name of its own and renamed, and the rename fails where the name is taken. HDFS does that in one
 * step; a local file system is good for the processes of one machine.
 *
 * <p>A process that is killed leaves its draft behind, a file {@code .<name>.<anything>.draft}.
 */
public final class ExclusiveFile {
  private ExclusiveFile() {}

  /**
   * Writes a file, with its folders, unless its name is taken. Where the answer to the rename is
   * lost, the content tells whether it happened; so a content that says who wrote it is taken by
   * its writer alone.
   *
   * @return whether the file has this content now; false where another one was first
   */
  public static boolean write(FileContext files, Path file, byte[] content) throws IOException {
    Path draft =
        new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID() + ".draft");
    try (FSDataOutputStream out =
        files.create(draft, EnumSet.of(CreateFlag.CREATE), CreateOpts.createParent())) {
      out.write(content);
    }

    try {
      files.rename(draft, file, Rename.NONE);
      return true;
    } catch (FileAlreadyExistsException taken) {
      files.delete(draft, false);
      return holds(files, file, content);
    } catch (IOException unknown) {
      if (holds(files, file, content)) {
        return true;
      }
      throw unknown;
    }
  }

  private static boolean holds(FileContext files, Path file, byte[] content) throws IOException {
    try (FSDataInputStream in = files.open(file)) {
      return Arrays.equals(in.readAllBytes(), content);
    } catch (FileNotFoundException notRenamed) {
      return false;
    }
  }
}
