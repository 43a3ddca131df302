package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.publish.Publish;
import dev.lambdastack.console.Printable;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What a publication would come to, for a person. */
final class PublishPlanText {
  private PublishPlanText() {}

  static void print(PrintWriter out, Publish.Plan plan, Views declared) {
    String view = plan.view();
    if (plan.report().isPresent()) {
      plan.report().get().lines().forEach(line -> out.printf("%s: %s%n", view, line));
      out.printf(
          Locale.ROOT,
          "%s: version %d would %s%n",
          view,
          plan.version().orElseThrow().number(),
          plan.report().get().isHeld() ? "be held" : "begin to answer");
    } else {
      out.printf(
          "%s: %s; of the next one the gate would ask%n",
          view,
          plan.version()
              .map(
                  v ->
                      String.format(
                          Locale.ROOT,
                          "version %d answers already, and no newer one is complete",
                          v.number()))
              .orElse("no version is complete yet"));

      plan.terms().forEach(term -> out.printf("%s:   %s%n", view, Printable.line(term)));
      for (Rule rule : rules(view, declared)) {
        out.printf("%s:   rule %s%n", view, Printable.line(rule.text()));
      }
    }

    out.flush();
  }

  private static List<Rule> rules(String view, Views declared) {
    return declared.all().stream()
        .filter(v -> v.name().equals(view))
        .findFirst()
        .map(View::rules)
        .orElse(List.of());
  }
}
