package dev.lambdastack.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A new directory under {@code java.io.tmpdir}; closing deletes it with everything in it, twice is
 * harmless.
 */
record ScratchFolder(Path path) implements AutoCloseable {
  private static final int PASSES = 5;

  static ScratchFolder create(String name) throws IOException {
    // Asked now: Files would ask only once, when the JVM starts.
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    return new ScratchFolder(Files.createTempDirectory(parent, "lambda-" + name + "-"));
  }

  @Override
  public void close() throws IOException {
    // A server's last daemon thread may still write a file while we walk: then the directory is not
    // empty, so walk again.
    IOException last = null;
    for (int pass = 0; pass < PASSES && Files.exists(path); pass++) {
      try {
        deleteOnce();
        last = null;
      } catch (IOException e) {
        last = e;
      }
    }

    if (last != null) {
      throw new IOException("Cannot delete " + path + ": " + last.getMessage(), last);
    }
  }

  private void deleteOnce() throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
