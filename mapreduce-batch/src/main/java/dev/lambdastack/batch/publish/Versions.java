package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.hbase.client.Connection;

/** Lists the versions of a view. */
public final class Versions {
  private final LambdaConfig config;

  public Versions(LambdaConfig config) {
    this.config = config;
  }

  /** All complete ones, those of the past among them, by number. */
  public List<VersionInfo> of(String view) throws IOException {
    try (Connection connection = HBaseConnector.connectForWork(config)) {
      Catalog catalog = new PublishedTable(connection).catalog().of(view);

      Stream<VersionInfo> versions =
          catalog.versions().stream()
              .map(
                  v ->
                      new VersionInfo(
                          v.version(),
                          VersionState.of(catalog, v),
                          v.answersSince(),
                          v.verdict().map(GateReport::fromJson)));
      Stream<VersionInfo> past =
          catalog.past().stream()
              .map(v -> new VersionInfo(v, VersionState.PAST, Optional.empty(), Optional.empty()));

      return Stream.concat(versions, past)
          .sorted(Comparator.comparingLong(v -> v.version().number()))
          .toList();
    }
  }
}
