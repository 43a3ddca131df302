package dev.lambdastack.views.handoff;

import dev.lambdastack.views.InvalidInputException;

/**
 * A read, a publish, a take-over or a rollback would make an answer miss or repeat events, and was
 * refused. The message is one line: which rule, the epochs, and what to do.
 */
public final class HandoffException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  public HandoffException(String message) {
    super(message);
  }
}
