package dev.lambdastack.schemas;

/** Bytes that are not what the writer's schema says. Never leaves this package. */
final class MalformedException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedException(String message) {
    super(message, null, false, false);
  }
}
