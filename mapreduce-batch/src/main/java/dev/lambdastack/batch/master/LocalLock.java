package dev.lambdastack.batch.master;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.iceberg.LockManager;

/**
 * One commit at a time among the processes of one machine, for tables in a local folder, where a
 * rename does not fail when its target is there. Iceberg makes it by its name.
 */
public final class LocalLock implements LockManager {
  /** Beside the metadata. */
  static final String FILE = ".lock";

  private static final long MOST_SECONDS = 60;

  /** A lock of the file system is one of the whole process. */
  private static final ReentrantLock OF_THIS_PROCESS = new ReentrantLock();

  private final Map<String, FileChannel> held = new HashMap<>();

  /** For Iceberg. */
  public LocalLock() {}

  @Override
  public void initialize(Map<String, String> properties) {}

  @Override
  public boolean acquire(String metadataFile, String owner) {
    try {
      if (!OF_THIS_PROCESS.tryLock(MOST_SECONDS, TimeUnit.SECONDS)) {
        return false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }

    try {
      Path file = Path.of(URI.create(metadataFile).getPath()).resolveSibling(FILE);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.lock();
      held.put(metadataFile, channel);
      return true;
    } catch (IOException e) {
      OF_THIS_PROCESS.unlock();
      return false;
    }
  }

  @Override
  public boolean release(String metadataFile, String owner) {
    FileChannel channel = held.remove(metadataFile);
    if (channel == null) {
      return false;
    }
    try {
      channel.close();
    } catch (IOException e) {
      // The lock goes with the process.
    }
    OF_THIS_PROCESS.unlock();
    return true;
  }

  @Override
  public void close() {}
}
