package dev.lambdastack.speed.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hbase.thirdparty.io.netty.util.HashedWheelTimer;
import org.junit.jupiter.api.Test;

class HBaseThreadsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String HBASE = "org.apache.hadoop.hbase.";

  /** Has classes of its own, but for Java's and Hadoop's, as Flink's loader of a job has. */
  private static final class OwnClasses extends URLClassLoader {
    OwnClasses() {
      super(
          Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
              .map(OwnClasses::url)
              .toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      boolean isFlinks =
          name.startsWith("org.slf4j.")
              || name.startsWith("org.apache.hadoop.") && !name.startsWith(HBASE);
      return isFlinks
          ? ClassLoader.getSystemClassLoader().loadClass(name)
          : super.loadClass(name, resolve);
    }

    private static URL url(String path) {
      try {
        return Path.of(path).toUri().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(e);
      }
    }
  }

  private static Object value(ClassLoader loader, String type, String field) throws Exception {
    Field found = Class.forName(HBASE + type, true, loader).getDeclaredField(field);
    found.setAccessible(true);
    return found.get(null);
  }

  private static void startEventLoop(ClassLoader loader) throws Exception {
    Class<?> conf = loader.loadClass("org.apache.hadoop.conf.Configuration");
    Method loops =
        loader
            .loadClass("org.apache.hadoop.hbase.ipc.NettyRpcClientConfigHelper")
            .getDeclaredMethod("getDefaultEventLoopConfig", conf);
    loops.setAccessible(true);
    Object pair = loops.invoke(null, conf.getConstructor().newInstance());
    ExecutorService loop = (ExecutorService) pair.getClass().getMethod("getFirst").invoke(pair);
    loop.submit(() -> {}).get();
  }

  /** Has Hadoop make an object of a class of HBase, as each connection does. */
  private static void makeUserProvider(ClassLoader loader) throws Exception {
    loader
        .loadClass(HBASE + "security.UserProvider")
        .getMethod("instantiate", Configuration.class)
        .invoke(null, new Configuration());
  }

  /** Starts the threads as connections do, and ends them. */
  private static WeakReference<ClassLoader> useAndGiveUp() throws Exception {
    try (OwnClasses loader = new OwnClasses()) {
      for (Object timer :
          new Object[] {
            value(loader, "ipc.AbstractRpcClient", "WHEEL_TIMER"),
            value(loader, "client.AsyncConnectionImpl", "RETRY_TIMER")
          }) {
        timer.getClass().getMethod("start").invoke(timer);
      }
      ((ScheduledExecutorService) value(loader, "ipc.AbstractRpcClient", "IDLE_CONN_SWEEPER"))
          .submit(() -> {})
          .get();

      startEventLoop(loader);
      makeUserProvider(loader);

      loader.loadClass(HBaseThreads.class.getName()).getMethod("end").invoke(null);
      return new WeakReference<>(loader);
    }
  }

  @Test
  void theClassesOfAJobThatHasEndedAreNotKept() throws Exception {
    // Flink uses Hadoop before any job does. An exception that Hadoop keeps from its own beginning
    // would keep whose call that was.
    FileSystem.getLocal(new Configuration());

    // A thread of its own: what the client keeps for a thread goes with it.
    FutureTask<WeakReference<ClassLoader>> life = new FutureTask<>(HBaseThreadsTest::useAndGiveUp);
    Thread thread = new Thread(life);
    thread.start();
    WeakReference<ClassLoader> loader = life.get();
    thread.join();

    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (loader.get() != null && System.nanoTime() < deadline) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(50);
    }

    assertThat(loader.get()).as("the class loader").isNull();
  }

  @Test
  void theApplicationsOwnClientGoesOn() throws Exception {
    HBaseThreads.end();

    HashedWheelTimer timer =
        (HashedWheelTimer)
            value(ClassLoader.getSystemClassLoader(), "client.AsyncConnectionImpl", "RETRY_TIMER");
    assertThat(timer.newTimeout(timeout -> {}, 1, TimeUnit.HOURS).cancel()).isTrue();
  }
}
