package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.batch.publish.GateReport;
import dev.lambdastack.batch.publish.HeldException;
import dev.lambdastack.console.Printable;
import dev.lambdastack.views.handoff.PublishedRow;
import java.io.PrintWriter;
import java.util.Locale;

/** A flip, or why there was none, for a person. */
final class FlipText {
  private FlipText() {}

  static void print(PrintWriter out, Flip flip) {
    String view = flip.after().view();
    flip.report().ifPresent(report -> print(out, report));
    if (!flip.isChanged()) {
      out.printf("%s: %s answers already; nothing changed%n", view, text(flip.after()));
    } else {
      out.printf(
          "%s: %s -> %s%n",
          view, flip.before().map(FlipText::text).orElse("nothing"), text(flip.after()));
    }
    out.flush();
  }

  /** What the gate found, and on {@code err} what to do; the exit code. */
  static int print(PrintWriter out, PrintWriter err, HeldException held) {
    print(out, held.report());
    out.flush();
    err.println(Printable.line(held.getMessage()));
    return held.exitCode();
  }

  private static void print(PrintWriter out, GateReport report) {
    report.lines().forEach(line -> out.printf("%s: %s%n", report.view(), Printable.line(line)));
  }

  private static String text(PublishedRow row) {
    return row.version()
            .map(
                v ->
                    String.format(
                        Locale.ROOT,
                        "version %d up to %s",
                        v.number(),
                        v.horizon().instant(v.epochLength())))
            .orElse("no version")
        + row.generation()
            .map(g -> String.format(Locale.ROOT, " with speed generation %d", g.number()))
            .orElse(" without a speed layer (lambda speed starts one)");
  }
}
