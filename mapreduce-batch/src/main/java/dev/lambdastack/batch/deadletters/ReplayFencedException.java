package dev.lambdastack.batch.deadletters;

import java.io.IOException;

/** Another replay of the topic has begun: this one produces nothing more. */
public final class ReplayFencedException extends IOException {
  /** The exit code of a command that stops on it. */
  public static final int EXIT_CODE = 75;

  private static final long serialVersionUID = 1L;

  ReplayFencedException(String message, Throwable cause) {
    super(message, cause);
  }
}
