package dev.lambdastack.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A process's own folder for temporary files, which libraries leave behind (Flink alone 21 MB each
 * time). It is deleted when the process ends by itself; what one that was killed has left is swept
 * when the next one starts, of the same user.
 *
 * <p>Beside the folder stands a file of the same name with {@code .lock} behind it, which is locked
 * as long as the process lives, whatever ends it, and goes last: a folder whose lock is free
 * belongs to nobody.
 */
final class TemporaryFolder implements AutoCloseable {
  private static final String PROPERTY = "java.io.tmpdir";
  private static final String PREFIX = "lambda-tmp-";
  private static final String LOCK = ".lock";

  /** Longer than any JVM takes from its launcher to its lock. */
  private static final Duration START = Duration.ofHours(1);

  /** Longer than a sweep of an empty folder takes. */
  private static final Duration SWEEP = Duration.ofSeconds(10);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** The last threads of a server may still write: then a folder is not empty, so look again. */
  private static final int PASSES = 20;

  private final Path folder;
  private final Path lock;
  private final FileChannel held;

  private TemporaryFolder(Path folder, Path lock, FileChannel held) {
    this.folder = folder;
    this.lock = lock;
    this.held = held;
  }

  /**
   * Sweeps, and takes the folder that the script has made, or makes one, for the JVM's temporary
   * files. The script's is better: the JVM looks only once where they go, when it starts.
   */
  static TemporaryFolder open() throws IOException {
    Path given = Path.of(System.getProperty(PROPERTY)).toAbsolutePath();
    boolean isMade =
        given.getFileName() != null
            && given.getFileName().toString().startsWith(PREFIX)
            && Files.isDirectory(given, LinkOption.NOFOLLOW_LINKS);
    TemporaryFolder own = isMade ? hold(given) : in(given);
    System.setProperty(PROPERTY, own.folder.toString());
    return own;
  }

  /** Makes one there. */
  static TemporaryFolder in(Path parent) throws IOException {
    return hold(Files.createDirectory(parent.resolve(PREFIX + UUID.randomUUID()), OWNER_ONLY));
  }

  private static TemporaryFolder hold(Path folder) throws IOException {
    Path lock = folder.resolveSibling(folder.getFileName() + LOCK);
    FileChannel channel = create(lock);

    while (true) {
      if (channel.tryLock() != null && Files.exists(lock)) {
        Files.createDirectories(folder, OWNER_ONLY);
        sweep(folder.getParent(), lock);
        return new TemporaryFolder(folder, lock, channel);
      }

      // Another process took the new file for one that is left, and sweeps both.
      channel.close();
      channel = createAgain(lock);
    }
  }

  private static FileChannel create(Path lock) throws IOException {
    return FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** As soon as the other process has deleted it. */
  private static FileChannel createAgain(Path lock) throws IOException {
    long deadline = System.nanoTime() + SWEEP.toNanos();
    while (true) {
      try {
        return create(lock);
      } catch (FileAlreadyExistsException e) {
        if (System.nanoTime() - deadline > 0) {
          throw e;
        }
        LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
      }
    }
  }

  Path path() {
    return folder;
  }

  private static Path folder(Path lock) {
    String name = lock.getFileName().toString();
    return lock.resolveSibling(name.substring(0, name.length() - LOCK.length()));
  }

  /** Deletes the folders in whose locks nobody lives any more; what cannot be, stays. */
  private static void sweep(Path parent, Path own) throws IOException {
    UserPrincipal user = Files.getOwner(own);

    try (DirectoryStream<Path> locks = Files.newDirectoryStream(parent, PREFIX + "*" + LOCK)) {
      for (Path lock : locks) {
        try {
          // To close a channel on our own file would free our lock.
          if (!lock.equals(own)
              && Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)
              && Files.getOwner(lock, LinkOption.NOFOLLOW_LINKS).equals(user)) {
            sweep(lock);
          }
        } catch (IOException e) {
          // Another process was first, or it is not to be deleted.
        }
      }
    }

    sweepUnlocked(parent, user);
  }

  /** What a launcher made for a JVM that never came up: empty, and old enough to be no one's. */
  private static void sweepUnlocked(Path parent, UserPrincipal user) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path folder : folders) {
        try {
          if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
              && Files.notExists(folder.resolveSibling(folder.getFileName() + LOCK))
              && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user)
              && Files.getLastModifiedTime(folder)
                  .toInstant()
                  .isBefore(Instant.now().minus(START))) {
            // Refuses where there is anything in it.
            Files.deleteIfExists(folder);
          }
        } catch (IOException e) {
          // It is in use, or not to be deleted.
        }
      }
    }
  }

  private static void sweep(Path lock) throws IOException {
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock free = channel.tryLock()) {
      if (free != null) {
        delete(folder(lock));
        Files.deleteIfExists(lock);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    for (int pass = 1; Files.exists(folder, LinkOption.NOFOLLOW_LINKS); pass++) {
      try {
        deleteOnce(folder);
      } catch (IOException e) {
        if (pass == PASSES) {
          throw e;
        }
      }
    }
  }

  private static void deleteOnce(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> paths = Files.walk(folder)) {
      deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path path : deepestFirst) {
      Files.deleteIfExists(path);
    }
  }

  /** Deletes it; what a thread still holds is left for the next sweep. */
  @Override
  public void close() {
    try {
      delete(folder);
      Files.deleteIfExists(lock);
      held.close();
    } catch (IOException e) {
      // The next process sweeps it.
    }
  }
}
