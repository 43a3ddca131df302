package dev.lambdastack.views;

/**
 * A lost race: another run or process was first, holds what this one needs, or has fenced it. What
 * the other one does stands. A job that meets it ends, or it would fight the other one; a command
 * ends with exit code {@value #EXIT_CODE}.
 */
public final class LostRaceException extends LambdaException {
  private static final long serialVersionUID = 1L;

  /** The exit code of every command that stops on this exception: sysexits.h's EX_TEMPFAIL. */
  public static final int EXIT_CODE = 75;

  public LostRaceException(String message) {
    super(message);
  }

  public LostRaceException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return EXIT_CODE;
  }
}
