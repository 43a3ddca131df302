package dev.lambdastack.console;

import java.io.PrintWriter;

/** Nobody can see any more what a command shows that does nothing but show. */
public final class OutputLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private OutputLostException() {
    super("the output cannot be written");
  }

  /**
   * Flushes.
   *
   * @throws OutputLostException when this, or anything before, could not be written
   */
  public static void check(PrintWriter out) {
    if (out.checkError()) {
      throw new OutputLostException();
    }
  }
}
