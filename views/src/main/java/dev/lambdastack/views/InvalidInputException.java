package dev.lambdastack.views;

/**
 * Refused: something that a person gave us, or that we found, cannot be used, and trying again does
 * not change that. A job that meets it ends; a command ends with exit code {@value #EXIT_CODE}.
 */
public class InvalidInputException extends LambdaException {
  private static final long serialVersionUID = 1L;

  /** The exit code of every command that stops on this exception. */
  public static final int EXIT_CODE = 2;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public final int exitCode() {
    return EXIT_CODE;
  }
}
