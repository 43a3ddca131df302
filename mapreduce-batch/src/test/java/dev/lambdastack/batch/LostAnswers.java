package dev.lambdastack.batch;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * Answers that get lost: a table's new state is renamed into place, and whoever asked for it is
 * told that the connection broke. For as many calls behind that as a test likes nothing else is
 * answered either.
 */
public final class LostAnswers {
  private static final AtomicInteger RENAMES = new AtomicInteger();
  private static final AtomicInteger SILENCE = new AtomicInteger();
  private static final AtomicInteger SILENT = new AtomicInteger();

  private LostAnswers() {}

  /** A local file system that loses answers. */
  public static final class OfLocalFiles extends LocalFileSystem {
    @Override
    public boolean rename(Path from, Path to) throws IOException {
      boolean isDone = super.rename(from, to);
      lose(to);
      return isDone;
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      answer(path);
      return super.getFileStatus(path);
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      answer(path);
      return super.open(path, bufferSize);
    }
  }

  /** An HDFS that loses answers; as above, of the class that Hadoop casts it to. */
  public static final class OfHdfs extends DistributedFileSystem {
    @Override
    public boolean rename(Path from, Path to) throws IOException {
      boolean isDone = super.rename(from, to);
      lose(to);
      return isDone;
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      answer(path);
      return super.getFileStatus(path);
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      answer(path);
      return super.open(path, bufferSize);
    }
  }

  /** All file systems that are opened by it lose answers. */
  public static void in(Configuration conf) {
    conf.set("fs.file.impl", OfLocalFiles.class.getName());
    conf.setBoolean("fs.file.impl.disable.cache", true);
    conf.set("fs.hdfs.impl", OfHdfs.class.getName());
    conf.setBoolean("fs.hdfs.impl.disable.cache", true);
  }

  /**
   * Loses the answers of the next renames of a table's state.
   *
   * @param renames so many
   * @param silence so many questions about the table's state behind each have no answer
   */
  public static void next(int renames, int silence) {
    SILENT.set(0);
    SILENCE.set(silence);
    RENAMES.set(renames);
  }

  private static boolean isState(Path path) {
    return path.getName().endsWith(".metadata.json");
  }

  private static void lose(Path to) throws IOException {
    if (isState(to) && RENAMES.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      SILENT.set(SILENCE.get());
      throw new IOException("the connection broke behind the rename to " + to.getName());
    }
  }

  private static void answer(Path path) throws IOException {
    if (isState(path) && SILENT.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new IOException("no answer about " + path.getName());
    }
  }
}
