package dev.lambdastack.batch.archive;

import java.io.IOException;

/**
 * Another run has committed what this one was about to: nothing has changed by this run, and the
 * next starts from there.
 */
public final class OvertakenException extends IOException {
  /** The exit code of a command that stops on it. */
  public static final int EXIT_CODE = 75;

  private static final long serialVersionUID = 1L;

  public OvertakenException(String message) {
    super(message);
  }
}
