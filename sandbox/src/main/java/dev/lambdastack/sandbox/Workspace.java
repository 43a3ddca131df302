package dev.lambdastack.sandbox;

import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one folder that holds everything a run writes: it becomes the JVM's folder for temporary
 * files, so whatever a server puts there goes with it. Closing deletes it; twice is harmless.
 */
final class Workspace implements AutoCloseable {
  private static final String TEMPORARY = "java.io.tmpdir";
  private static final int PASSES = 20;
  private static final Duration ABANDON_LIMIT = Duration.ofSeconds(10);
  private static final Duration QUIET = Duration.ofMillis(300);

  private final Path folder;

  private Workspace(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes the folder. To be called before anything else makes temporary files: the JVM looks only
   * once where they go.
   *
   * @throws InvalidInputException when it cannot be made there
   */
  static Workspace create(Path parent) throws IOException {
    Path folder =
        parent.toAbsolutePath().resolve("lambda-quickstart-" + ProcessHandle.current().pid());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InvalidInputException(
          "Cannot make %s: %s; let TMPDIR name a folder that may be written"
              .formatted(folder, e.getMessage()),
          e);
    }

    System.setProperty(TEMPORARY, folder.toString());
    return new Workspace(folder);
  }

  Path path() {
    return folder;
  }

  @Override
  public synchronized void close() throws IOException {
    // The last threads of a server may still write: then a folder is not empty, so look again.
    IOException last = null;
    for (int pass = 0; pass < PASSES && Files.exists(folder); pass++) {
      try {
        deleteOnce();
      } catch (IOException e) {
        last = e;
      }
    }

    if (last != null && Files.exists(folder)) {
      throw new IOException("Cannot delete " + folder + ": " + last.getMessage(), last);
    }
  }

  /**
   * Deletes the folder under servers that still run, as the JVM goes down: until nothing has come
   * back for a moment.
   */
  void abandon() {
    long end = System.nanoTime() + ABANDON_LIMIT.toNanos();
    long goneSince = Long.MAX_VALUE;

    while (System.nanoTime() < end) {
      try {
        if (Files.exists(folder)) {
          goneSince = Long.MAX_VALUE;
          deleteOnce();
        } else if (goneSince == Long.MAX_VALUE) {
          goneSince = System.nanoTime();
        } else if (System.nanoTime() - goneSince > QUIET.toNanos()) {
          return;
        }

        Thread.sleep(QUIET.toMillis() / 10);
      } catch (IOException e) {
        // Something was written meanwhile: look again.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void deleteOnce() throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> paths = Files.walk(folder)) {
      deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }

    for (Path path : deepestFirst) {
      try {
        Files.deleteIfExists(path);
      } catch (NoSuchFileException e) {
        // someone else was first
      }
    }
  }
}
