package dev.lambdastack.serving.query;

import dev.lambdastack.console.Texts;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.ViewShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The {@code --key} options of a query, as the view's columns understand them. */
final class KeyArguments {
  private KeyArguments() {}

  /**
   * The key's parts.
   *
   * @param given one text for each part; or, for a view with several, one text with commas between
   */
  static List<Object> parse(ViewShape shape, List<String> given) {
    List<Column> columns = shape.keyColumns();
    List<String> texts =
        given.size() == 1 && columns.size() > 1 ? List.of(given.get(0).split(",", -1)) : given;
    if (texts.size() != columns.size()) {
      throw new InvalidInputException(
          columns.isEmpty()
              ? "View %s has no key columns; leave out --key".formatted(shape.name())
              : String.format(
                  Locale.ROOT,
                  "A key of view %s has %s (%s), found %d: give %s, or --all for every key",
                  shape.name(),
                  Texts.count(columns.size(), "part"),
                  String.join(", ", columns.stream().map(Column::name).toList()),
                  texts.size(),
                  String.join(
                      " ", columns.stream().map(c -> "--key <" + c.name() + ">").toList())));
    }

    List<Object> key = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      key.add(RowKey.parsePart(columns.get(i), texts.get(i)));
    }

    return key;
  }
}
