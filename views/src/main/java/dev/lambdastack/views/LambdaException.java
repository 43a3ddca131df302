package dev.lambdastack.views;

/**
 * What a person is told in one line, without a trace: what is wrong, what was expected and found,
 * and what to do. Its type says what kind of fault it is, and so which exit code a command ends
 * with and whether trying again may help:
 *
 * <ul>
 *   <li>{@link InvalidInputException}: refused; only a person can change that;
 *   <li>{@link UnavailableException}: a server does not answer; trying again later may help;
 *   <li>{@link LostRaceException}: another run or process was first.
 * </ul>
 */
public abstract class LambdaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line
   */
  protected LambdaException(String message) {
    super(message);
  }

  /**
   * @param message one line
   */
  protected LambdaException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What a command that stops on it ends with. */
  public abstract int exitCode();
}
