package dev.lambdastack.embedded;

import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.hbase.backup.HFileArchiver;

/**
 * The threads with which HBase moves files to its archive, one pool for the whole JVM.
 *
 * <p>They belong to the thread group of the first master that drops a table and stay for 30 s after
 * their work. A master that stops meanwhile finds them in its group and prints the list of them to
 * standard output, past any log configuration.
 */
final class ArchiverThreads {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private ArchiverThreads() {}

  /**
   * Returns when the idle threads are gone. The pool goes on to serve other masters with new ones.
   */
  static void dismissIdle() throws IOException {
    ThreadPoolExecutor pool = pool();
    if (pool != null) {
      pool.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
      Await.until(
          "HBase's archiver threads to end",
          LIMIT,
          () -> pool.getPoolSize() <= pool.getActiveCount());
    }
  }

  /** The pool, or null when there is none yet. HBase gives no other access to it. */
  private static ThreadPoolExecutor pool() throws IOException {
    try {
      Field field = HFileArchiver.class.getDeclaredField("archiveExecutor");
      field.setAccessible(true);
      return (ThreadPoolExecutor) field.get(null);
    } catch (ReflectiveOperationException e) {
      throw new IOException(
          "Cannot find the threads of HBase's archiver: this HBase is of another version", e);
    }
  }
}
