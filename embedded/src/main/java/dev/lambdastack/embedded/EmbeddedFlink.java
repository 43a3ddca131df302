package dev.lambdastack.embedded;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;

/**
 * A Flink session cluster in this JVM: a JobManager with a REST endpoint and some TaskManagers,
 * which can be killed and started one by one. What is on this JVM's class path is on the cluster's.
 * Thread-safe.
 */
public final class EmbeddedFlink implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MiniCluster cluster;
  private final URI rest;

  /** Flink's numbers of the TaskManagers that run; it counts those that are gone too. */
  private final List<Integer> running = new ArrayList<>();

  private int started;

  private EmbeddedFlink(MiniCluster cluster, URI rest, int taskManagers) {
    this.cluster = cluster;
    this.rest = rest;
    for (; started < taskManagers; started++) {
      running.add(started);
    }
  }

  /**
   * Starts and returns when jobs can be submitted.
   *
   * @param slots of each TaskManager
   */
  public static EmbeddedFlink start(int taskManagers, int slots) throws IOException {
    Configuration conf = new Configuration();
    conf.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
    conf.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(64));
    conf.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
    conf.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));

    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(conf)
                .setNumTaskManagers(taskManagers)
                .setNumSlotsPerTaskManager(slots)
                .withRandomPorts()
                .build());

    try {
      cluster.start();
      return new EmbeddedFlink(cluster, cluster.getRestAddress().get(), taskManagers);
    } catch (Exception e) {
      Closing.closeAfter(e, cluster);
      throw new IOException("Cannot start Flink: " + e.getMessage(), e);
    }
  }

  /** Of the REST endpoint. */
  public String host() {
    return rest.getHost();
  }

  /** Of the REST endpoint. */
  public int port() {
    return rest.getPort();
  }

  /** How many TaskManagers run. */
  public synchronized int taskManagers() {
    return running.size();
  }

  /**
   * Ends a TaskManager, whatever its tasks are doing, and returns when it is gone.
   *
   * @param which of those that run, from 0
   */
  public synchronized void killTaskManager(int which) throws IOException {
    int number = running.remove(which);
    result("the end of a TaskManager", cluster.terminateTaskManager(number));
  }

  /** Starts one more. */
  public synchronized void startTaskManager() throws IOException {
    try {
      cluster.startTaskManager();
    } catch (Exception e) {
      throw new IOException("Cannot start a TaskManager: " + e.getMessage(), e);
    }
    running.add(started++);
  }

  /** The jobs that were submitted. */
  public List<JobID> jobs() throws IOException {
    return result("its jobs", cluster.listJobs()).stream().map(JobStatusMessage::getJobId).toList();
  }

  /** How often a job's tasks were started anew; the greatest number of all of them. */
  public int restarts(JobID job) throws IOException {
    int restarts = 0;
    for (AccessExecutionVertex task : graph(job).getAllExecutionVertices()) {
      restarts = Math.max(restarts, task.getCurrentExecutionAttempt().getAttemptNumber());
    }
    return restarts;
  }

  /** How many of a job's tasks run. */
  public int runningTasks(JobID job) throws IOException {
    int running = 0;
    for (AccessExecutionVertex task : graph(job).getAllExecutionVertices()) {
      running += task.getExecutionState() == ExecutionState.RUNNING ? 1 : 0;
    }
    return running;
  }

  /** How many of a job's checkpoints failed. */
  public long failedCheckpoints(JobID job) throws IOException {
    return graph(job).getCheckpointStatsSnapshot().getCounts().getNumberOfFailedCheckpoints();
  }

  /** The ids of the TaskManagers that a job's tasks are on. */
  public Set<String> taskManagersOf(JobID job) throws IOException {
    Set<String> ids = new TreeSet<>();
    for (AccessExecutionVertex task : graph(job).getAllExecutionVertices()) {
      if (task.getCurrentAssignedResourceLocation() != null) {
        ids.add(task.getCurrentAssignedResourceLocation().getResourceID().toString());
      }
    }
    return ids;
  }

  private AccessExecutionGraph graph(JobID job) throws IOException {
    return result("the state of job " + job, cluster.getExecutionGraph(job));
  }

  private static <T> T result(String what, CompletableFuture<? extends T> future)
      throws IOException {
    try {
      return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("Flink does not give " + what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for " + what, e);
    }
  }

  /** Stops all; its jobs end. Twice is harmless. */
  @Override
  public void close() throws IOException {
    try {
      cluster.close();
    } catch (Exception e) {
      throw new IOException("Cannot stop Flink: " + e.getMessage(), e);
    }
  }
}
