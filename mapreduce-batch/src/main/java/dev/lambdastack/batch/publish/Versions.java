package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.PublishedStore;
import dev.lambdastack.serving.store.Store;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.hbase.client.Connection;

/** Lists the versions of a view. */
public final class Versions {
  private final LambdaConfig config;

  public Versions(LambdaConfig config) {
    this.config = config;
  }

  /** All complete ones, by number. */
  public List<VersionInfo> of(String view) throws IOException {
    try (Connection connection = Store.connect(config)) {
      PublishedStore store = new PublishedStore(connection);
      store.ensureTable();
      Catalog catalog = store.catalog(view);
      return catalog.versions().stream()
          .map(
              v ->
                  new VersionInfo(
                      v.version(),
                      VersionState.of(catalog, v),
                      v.answersSince(),
                      v.verdict().map(GateReport::fromJson)))
          .toList();
    }
  }
}
