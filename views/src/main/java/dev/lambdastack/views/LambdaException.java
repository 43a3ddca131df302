package dev.lambdastack.views;

import java.nio.file.FileSystemException;

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

  /**
   * What lies at the bottom of a fault, as one line: the first line of its message, behind its type
   * where the message alone says too little.
   */
  public static String rootMessage(Throwable fault) {
    Throwable root = fault;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String name = root.getClass().getSimpleName();
    String message =
        root.getMessage() == null ? name : root.getMessage().lines().findFirst().orElse(name);

    // Java says of a file that is missing its path alone.
    return root instanceof FileSystemException ? name + ": " + message : message;
  }

  /** What a command that stops on it ends with. */
  public abstract int exitCode();
}
