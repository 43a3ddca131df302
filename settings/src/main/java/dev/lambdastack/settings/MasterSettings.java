package dev.lambdastack.settings;

import java.time.Duration;

/**
 * The master dataset.
 *
 * @param folder path or URI
 * @param staging path or URI of the folder for work in progress
 * @param lease how long a run that reads it keeps its files without a sign of life
 */
public record MasterSettings(String folder, String staging, Duration lease) {
  static MasterSettings of(Values values) {
    return new MasterSettings(
        values.text("lambda.master"),
        values.text("lambda.staging"),
        values.duration("lambda.lease", Duration.ofSeconds(1)));
  }
}
