package dev.lambdastack.settings;

/**
 * How a recompute runs.
 *
 * @param memoryBytes of a task, for the groups that it has not emitted yet
 */
public record RecomputeSettings(long memoryBytes) {
  static RecomputeSettings of(Values values) {
    return new RecomputeSettings(values.mebibytes("lambda.recompute.memory"));
  }
}
