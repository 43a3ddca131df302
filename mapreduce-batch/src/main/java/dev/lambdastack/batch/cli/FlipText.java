package dev.lambdastack.batch.cli;

import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.views.PublishedRow;
import java.io.PrintWriter;

/** A flip in one line. */
final class FlipText {
  private FlipText() {}

  static void print(PrintWriter out, Flip flip) {
    String view = flip.after().view();
    if (!flip.isChanged()) {
      out.printf("%s: %s answers already; nothing changed%n", view, text(flip.after()));
    } else {
      out.printf(
          "%s: %s -> %s%n",
          view, flip.before().map(FlipText::text).orElse("nothing"), text(flip.after()));
    }
    out.flush();
  }

  private static String text(PublishedRow row) {
    return row.version()
            .map(
                v ->
                    "version %d up to %s"
                        .formatted(v.number(), v.horizon().instant(v.epochLength())))
            .orElse("no version")
        + row.generation()
            .map(g -> " with speed generation %d".formatted(g.number()))
            .orElse(" without a speed layer");
  }
}
