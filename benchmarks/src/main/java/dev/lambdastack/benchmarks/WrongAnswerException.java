package dev.lambdastack.benchmarks;

/** An answer is not what was sent: nothing that was measured is worth anything. */
final class WrongAnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  WrongAnswerException(String message) {
    super(message);
  }

  /** Compares what one side has with what is known to be right. */
  static void check(String who, Object found, Object expected) throws WrongAnswerException {
    if (!found.equals(expected)) {
      throw new WrongAnswerException(
          "%s has %s, where it should have %s".formatted(who, found, expected));
    }
  }
}
