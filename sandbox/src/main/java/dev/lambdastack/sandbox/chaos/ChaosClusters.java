package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.embedded.EmbeddedClusters;
import dev.lambdastack.embedded.EmbeddedFlink;
import dev.lambdastack.sandbox.Sandbox;
import java.io.IOException;
import java.time.Duration;

/**
 * What faults are injected into: a broker, 3 DataNodes, 2 region servers, 2 TaskManagers of one
 * slot each, in this JVM.
 */
public record ChaosClusters(Sandbox sandbox, EmbeddedFlink flink) implements AutoCloseable {
  static final int TASK_MANAGERS = 2;
  static final int REGION_SERVERS = 2;
  static final int DATA_NODES = 3;

  private static final Duration EPOCH = Duration.ofSeconds(2);

  /** Starts all. */
  public static ChaosClusters start() throws IOException {
    Sandbox sandbox =
        Sandbox.start(
            EPOCH,
            EmbeddedClusters.builder()
                .dataNodes(DATA_NODES)
                .regionServers(REGION_SERVERS)
                .writeGate());

    try {
      return new ChaosClusters(sandbox, EmbeddedFlink.start(TASK_MANAGERS, 1));
    } catch (IOException | RuntimeException e) {
      try (sandbox) {
        throw e;
      }
    }
  }

  @Override
  public void close() throws IOException {
    try (sandbox;
        flink) {
      // Closed in this order: Flink first.
    }
  }
}
