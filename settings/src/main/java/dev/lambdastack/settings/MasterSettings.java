package dev.lambdastack.settings;

import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;

/**
 * The master dataset.
 *
 * @param folder path or URI
 * @param staging path or URI of the folder for work in progress
 * @param catalog options of the Iceberg catalog that the dataset's tables are in; empty for the
 *     folder
 * @param lease how long a run that reads it keeps its files without a sign of life
 */
public record MasterSettings(
    String folder, String staging, Map<String, String> catalog, Duration lease) {
  public MasterSettings {
    catalog = Map.copyOf(catalog);
  }

  static MasterSettings of(Values values, Map<String, String> catalog) {
    return new MasterSettings(
        values.text("lambda.master"),
        values.text("lambda.staging"),
        catalog,
        values.duration("lambda.lease", Duration.ofSeconds(1)));
  }

  /** Names the catalog's options; their values may be secrets. */
  @Override
  public String toString() {
    return "MasterSettings[folder=%s, staging=%s, catalog=%s, lease=%s]"
        .formatted(folder, staging, new TreeSet<>(catalog.keySet()), lease);
  }
}
