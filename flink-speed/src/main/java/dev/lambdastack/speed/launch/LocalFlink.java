package dev.lambdastack.speed.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.flink.client.deployment.executors.LocalExecutor;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.rpc.RpcSystem;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Reference;

/** A Flink in this JVM, for one job, that can be asked how the job does. */
final class LocalFlink extends StreamExecutionEnvironment {
  private final AtomicReference<MiniCluster> cluster;

  static LocalFlink of(Configuration configuration, int parallelism) {
    Configuration local = new Configuration(configuration);
    local.set(DeploymentOptions.TARGET, LocalExecutor.NAME);
    local.set(DeploymentOptions.ATTACHED, true);
    LocalFlink flink = new LocalFlink(local, new AtomicReference<>());
    flink.setParallelism(parallelism);
    return flink;
  }

  private LocalFlink(Configuration configuration, AtomicReference<MiniCluster> cluster) {
    super(new Remembering(cluster), configuration, null);
    this.cluster = cluster;
  }

  /** Its REST endpoint; empty before the job was submitted and after it has ended. */
  Optional<URI> rest() {
    try {
      return Optional.ofNullable(cluster.get()).map(c -> c.getRestAddress().getNow(null));
    } catch (IllegalStateException | CompletionException ended) {
      // A job may fail before anybody asks.
      return Optional.empty();
    }
  }

  /** Runs a job as Flink does in a local environment, and keeps the cluster that it makes. */
  private record Remembering(AtomicReference<MiniCluster> cluster)
      implements PipelineExecutorServiceLoader, PipelineExecutorFactory {
    @Override
    public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
      return this;
    }

    @Override
    public Stream<String> getExecutorNames() {
      return Stream.of(LocalExecutor.NAME);
    }

    @Override
    public String getName() {
      return LocalExecutor.NAME;
    }

    @Override
    public boolean isCompatibleWith(Configuration configuration) {
      return true;
    }

    @Override
    public PipelineExecutor getExecutor(Configuration configuration) {
      return LocalExecutor.createWithFactory(
          configuration,
          settings -> {
            MiniCluster made = new MiniCluster(settings, () -> Reference.borrowed(SharedRpc.get()));
            cluster.set(made);
            return made;
          });
    }
  }

  /**
   * Flink's RPC system. Its jar is unpacked and its classes are loaded anew for each, about a
   * second of a core: all Flinks of this JVM share one.
   */
  private static final class SharedRpc {
    private static RpcSystem system;

    private SharedRpc() {}

    static synchronized RpcSystem get() {
      if (system == null) {
        system = load();
      }
      return system;
    }

    private static RpcSystem load() {
      try {
        Path folder = Files.createTempDirectory("lambda-flink-rpc-");
        folder.toFile().deleteOnExit();
        Configuration unpackedThere = new Configuration();
        unpackedThere.set(CoreOptions.TMP_DIRS, folder.toString());

        RpcSystem loaded = RpcSystem.load(unpackedThere);

        try (Stream<Path> jars = Files.list(folder)) {
          jars.forEach(jar -> jar.toFile().deleteOnExit());
        }
        return loaded;
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot unpack Flink's RPC system: " + e.getMessage(), e);
      }
    }
  }
}
