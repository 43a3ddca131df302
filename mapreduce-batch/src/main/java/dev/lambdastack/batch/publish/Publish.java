package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.PublishedRow;
import dev.lambdastack.views.Version;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.util.Tool;

/**
 * Makes a complete version answer, or goes back to one. One compare-and-set moves version, table,
 * horizon and speed generation together; a reader sees the old ones or the new ones.
 */
public final class Publish implements Tool {
  private LambdaConfig config;
  private final Clock clock;

  public Publish(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  @Override
  public Configuration getConf() {
    return config.hadoop();
  }

  @Override
  public void setConf(Configuration conf) {
    config = LambdaConfig.of(conf);
  }

  /** {@link #run(String)} of each argument; 0 when all succeeded. */
  @Override
  public int run(String[] args) throws IOException {
    for (String view : List.of(args)) {
      run(view);
    }
    return 0;
  }

  /** Publishes the newest complete version; what answers now. */
  public PublishedRow run(String view) throws IOException {
    return publish(view, OptionalLong.empty()).after();
  }

  /**
   * Publishes a version; again is harmless.
   *
   * @param number empty for the newest complete one
   * @throws InvalidInputException when there is no such version, or HBase cannot be reached
   * @throws dev.lambdastack.views.HandoffException when answers would miss events or step back;
   *     nothing has changed then
   */
  public Flip publish(String view, OptionalLong number) throws IOException {
    try (Connection connection = Store.connect(config)) {
      Pointer pointer = pointer(connection, view);
      Version version = pointer.version(number);
      return pointer.flip(
          version,
          known ->
              PublishedRow.publish(known, version, false, clock.instant(), config.clockSkew()));
    }
  }

  /**
   * Goes back to a version, with its horizon and a generation that reaches back to it.
   *
   * @throws InvalidInputException when there is no such version, or HBase cannot be reached
   * @throws dev.lambdastack.views.HandoffException when speed cells no longer reach back; nothing
   *     has changed then
   */
  public Flip rollback(String view, long number) throws IOException {
    try (Connection connection = Store.connect(config)) {
      Pointer pointer = pointer(connection, view);
      Version version = pointer.version(OptionalLong.of(number));
      return pointer.flip(
          version,
          known -> PublishedRow.rollback(known, version, clock.instant(), config.clockSkew()));
    }
  }

  private static Pointer pointer(Connection connection, String view) throws IOException {
    PublishedStore store = new PublishedStore(connection);
    store.ensureTable();
    return new Pointer(store, view);
  }
}
