package dev.lambdastack.views;

/**
 * Something a person gave us cannot be used. The message is one line that says what is wrong, what
 * was expected and found, and what to do; commands print it as it is, without a trace, and end with
 * exit code {@value #EXIT_CODE}.
 */
public class InvalidInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The exit code of every command that stops on this exception. */
  public static final int EXIT_CODE = 2;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
