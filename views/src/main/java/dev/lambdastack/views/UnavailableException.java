package dev.lambdastack.views;

/**
 * An outage: a server that is needed does not answer, or not in time. Trying again later may help:
 * a job that meets it restarts; a command ends with exit code {@value #EXIT_CODE}.
 */
public final class UnavailableException extends LambdaException {
  private static final long serialVersionUID = 1L;

  /** The exit code of every command that stops on this exception: sysexits.h's EX_UNAVAILABLE. */
  public static final int EXIT_CODE = 69;

  public UnavailableException(String message) {
    super(message);
  }

  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return EXIT_CODE;
  }
}
