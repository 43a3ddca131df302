package dev.lambdastack.settings;

/** Keys that a job sets for its own tasks, below a prefix that people's settings never use. */
public final class JobKeys {
  /** Keys below this are not checked against {@code lambda-default.xml}. */
  public static final String PREFIX = "lambda.job.";

  private JobKeys() {}
}
