package dev.lambdastack.cli.batch;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which views a verb is about: some by name, those of a topic, or all. A picocli mixin. */
final class ChosenViews {
  @Parameters(paramLabel = "<view>", arity = "0..*", description = "The views.")
  private List<String> names = List.of();

  @Option(names = "--topic", paramLabel = "<topic>", description = "All views of this topic.")
  private String topic;

  @Option(names = "--all", description = "All views on the class path.")
  private boolean all;

  /**
   * Their names, without duplicates.
   *
   * @param declared those on the class path, which {@code --topic} and {@code --all} choose from
   * @throws InvalidInputException when it is not said which, or a view or topic is not known
   */
  List<String> of(Views declared) {
    int ways = (names.isEmpty() ? 0 : 1) + (topic == null ? 0 : 1) + (all ? 1 : 0);
    if (ways != 1) {
      throw new InvalidInputException(
          "Cannot tell which views are meant: expected names of views, --topic or --all, found %s"
              .formatted(ways == 0 ? "none of them" : "more than one of them"));
    }

    if (all) {
      return declared.all().stream().map(View::name).toList();
    }
    if (topic != null) {
      declared.eventType(topic);
      return declared.ofTopic(topic).stream().map(View::name).toList();
    }

    return names.stream().distinct().toList();
  }
}
