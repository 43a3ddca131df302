package dev.lambdastack.views;

import java.util.Locale;

/**
 * How many events a view, or an alert rule, may set aside, the same in both layers: {@value #FEW}
 * whatever their share, more only up to a share of the events that it was shown.
 *
 * @param maxShare 0 to 1; 0 accepts none at all
 */
public record SetAsideLimit(double maxShare) {
  /** The setting that it comes from. */
  public static final String KEY = "lambda.set-aside.max-share";

  private static final int FEW = 100;

  private boolean isExceeded(long setAside, long events) {
    return setAside > maxShare * events && (setAside > FEW || maxShare == 0);
  }

  /**
   * Refuses too many.
   *
   * @param who such as "view sales"
   * @param events that it was shown, those that it set aside among them
   * @param example where one of them stands and why
   * @throws InvalidInputException when there are more
   */
  public void check(String who, long setAside, long events, String example) {
    if (isExceeded(setAside, events)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot go on with %s: it cannot take %,d of %,d events, a greater share than %s=%s (%s); mend its code or the producers, or raise it",
              who,
              setAside,
              events,
              KEY,
              maxShare,
              example));
    }
  }
}
