package dev.lambdastack.benchmarks;

/** An answer is not what was sent: nothing that was measured is worth anything. */
final class WrongAnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  WrongAnswerException(String message) {
    super(message);
  }
}
