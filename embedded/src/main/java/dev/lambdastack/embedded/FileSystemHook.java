package dev.lambdastack.embedded;

import java.io.IOException;
import java.lang.reflect.Field;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * Hadoop's shutdown hook that closes cached file systems when the JVM ends.
 *
 * <p>HBase's servers take it over when they start, and abort when it is not registered. An HDFS
 * cluster that is shut down in this JVM removes all hooks, and Hadoop registers this one again only
 * once its cache has been empty.
 */
final class FileSystemHook {
  private FileSystemHook() {}

  /** Registers the hook unless it is. */
  static void ensureRegistered() throws IOException {
    Runnable hook = hook();
    ShutdownHookManager hooks = ShutdownHookManager.get();
    if (!hooks.hasShutdownHook(hook)) {
      hooks.addShutdownHook(hook, FileSystem.SHUTDOWN_HOOK_PRIORITY);
    }
  }

  /** HBase finds it by the same private fields. */
  private static Runnable hook() throws IOException {
    try {
      Field cacheField = FileSystem.class.getDeclaredField("CACHE");
      cacheField.setAccessible(true);
      Object cache = cacheField.get(null);
      Field hookField = cache.getClass().getDeclaredField("clientFinalizer");
      hookField.setAccessible(true);
      return (Runnable) hookField.get(cache);
    } catch (ReflectiveOperationException e) {
      throw new IOException(
          "Cannot find Hadoop's file system hook: this Hadoop is of another version", e);
    }
  }
}
