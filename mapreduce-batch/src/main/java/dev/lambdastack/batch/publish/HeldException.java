package dev.lambdastack.batch.publish;

import dev.lambdastack.views.LambdaException;
import java.util.Locale;
import java.util.stream.Collectors;

/** The gate holds a version: what answered before still does, and the candidate waits. */
public final class HeldException extends LambdaException {
  /** The exit code of a command that stops on it. */
  private static final int EXIT_CODE = 3;

  private static final long serialVersionUID = 1L;

  private final transient GateReport report;

  HeldException(GateReport report) {
    super(
        String.format(
            Locale.ROOT,
            "Version %d of view %s is held: %s; look at it, then lambda publish %s --version %d --force, or lambda discard %s %d",
            report.version(),
            report.view(),
            report.findings().stream()
                .filter(Finding::held)
                .map(Finding::check)
                .collect(Collectors.joining(", ")),
            report.view(),
            report.version(),
            report.view(),
            report.version()));
    this.report = report;
  }

  @Override
  public int exitCode() {
    return EXIT_CODE;
  }

  public GateReport report() {
    return report;
  }
}
