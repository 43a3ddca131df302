package dev.lambdastack.speed.plan;

import java.lang.reflect.Field;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.hadoop.hbase.util.Pair;
import org.apache.hbase.thirdparty.io.netty.channel.EventLoopGroup;
import org.apache.hbase.thirdparty.io.netty.util.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that HBase's client starts once for all connections, and never ends, and classes of it
 * that Hadoop remembers. In a TaskManager each job, each time that it recovers, has a class loader
 * of its own: these would keep the one before, with all its classes, until the TaskManager has no
 * metaspace and no direct memory left.
 */
public final class HBaseThreads {
  private static final String HOOK = "threads of HBase's client";
  private static final long MOST_SECONDS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(HBaseThreads.class);

  private static final String RPC = "org.apache.hadoop.hbase.ipc.AbstractRpcClient";
  private static final String EVENT_LOOPS =
      "org.apache.hadoop.hbase.ipc.NettyRpcClientConfigHelper";
  private static final String CONNECTION = "org.apache.hadoop.hbase.client.AsyncConnectionImpl";
  private static final String REFLECTION = "org.apache.hadoop.util.ReflectionUtils";

  private HBaseThreads() {}

  /**
   * Has {@link #end} called when a job's class loader is given up; asked again it does nothing.
   *
   * @param hooks registers what is then to be run, under a name, unless that name is taken
   */
  public static void endWith(BiConsumer<String, Runnable> hooks) {
    hooks.accept(HOOK, HBaseThreads::end);
  }

  /**
   * Ends them, for a class loader that is given up, and has Hadoop forget its classes. Where
   * HBase's client is not the job's own, as in a cluster in this JVM or where it is among Flink's
   * jars, others need it: nothing happens.
   */
  public static void end() {
    ClassLoader loader = HBaseThreads.class.getClassLoader();
    try {
      boolean isTheJobs = Class.forName(RPC, false, loader).getClassLoader() == loader;
      if (loader == ClassLoader.getSystemClassLoader() || !isTheJobs) {
        return;
      }

      ((Timer) value(loader, RPC, "WHEEL_TIMER")).stop();
      ((ScheduledExecutorService) value(loader, RPC, "IDLE_CONN_SWEEPER")).shutdownNow();
      ((Timer) value(loader, CONNECTION, "RETRY_TIMER")).stop();

      // Each class that Hadoop has made an object of, in a map of all of Flink's jobs.
      ((Map<?, ?>) value(loader, REFLECTION, "CONSTRUCTOR_CACHE"))
          .keySet()
          .removeIf(type -> ((Class<?>) type).getClassLoader() == loader);

      Pair<?, ?> eventLoop = (Pair<?, ?>) value(loader, EVENT_LOOPS, "DEFAULT_EVENT_LOOP");
      if (eventLoop != null) {
        // Its last steps need classes that the loader, once it is closed, no longer gives.
        ((EventLoopGroup) eventLoop.getFirst())
            .shutdownGracefully(0, 1, TimeUnit.SECONDS)
            .awaitUninterruptibly(MOST_SECONDS, TimeUnit.SECONDS);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.warn("A thread of HBase's client keeps the classes of a job that has ended", e);
    }
  }

  private static Object value(ClassLoader loader, String type, String field)
      throws ReflectiveOperationException {
    Field found = Class.forName(type, true, loader).getDeclaredField(field);
    found.setAccessible(true);
    return found.get(null);
  }
}
