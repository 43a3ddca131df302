package dev.lambdastack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code docs/master-dataset.md} tells analysts to write, so that it is run as it is printed.
 * Its topic and its day are those of {@link EngineEvents}; the rest that a run has to replace are
 * the constants here.
 */
record AnalystDocument(String text) {
  /** The catalog's warehouse. */
  static final String WAREHOUSE = "hdfs://namenode:8020/master";

  /** The moment that time travel goes to. */
  static final String MOMENT = "2026-01-01 00:00:00";

  /** Up to when maintenance removes things. */
  static final String AGE = "2026-01-25 00:00:00";

  /** The folder with copies of files. */
  static final String FILES = "files/";

  private static final Pattern OPTION = Pattern.compile("--conf ([^=\\s]+)=(\\S+)");

  static AnalystDocument read(Path document) throws IOException {
    return new AnalystDocument(Files.readString(document));
  }

  /** The {@code --conf} options in a text, in their order. */
  static Map<String, String> options(String text) {
    Map<String, String> options = new LinkedHashMap<>();
    Matcher option = OPTION.matcher(text);
    while (option.find()) {
      options.put(option.group(1), option.group(2));
    }
    return options;
  }

  /** What stands under a heading, up to the next one. */
  String section(String heading) {
    int start = text.indexOf("\n## " + heading + "\n");
    if (start < 0) {
      throw new IllegalStateException("The document has no section '" + heading + "'");
    }
    int end = text.indexOf("\n## ", start + 1);
    return text.substring(start, end < 0 ? text.length() : end);
  }

  /** The SQL statements under a heading, each on one line, without comments. */
  List<String> statements(String heading) {
    StringBuilder sql = new StringBuilder();
    Matcher block = Pattern.compile("(?s)```sql\\n(.*?)```").matcher(section(heading));
    while (block.find()) {
      block
          .group(1)
          .lines()
          .filter(l -> !l.startsWith("--"))
          .forEach(l -> sql.append(l).append(' '));
    }
    return Arrays.stream(sql.toString().split(";"))
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .toList();
  }

  /**
   * The one statement under a heading that has a text.
   *
   * @throws IllegalStateException where there is none, or several
   */
  String statement(String heading, String has) {
    List<String> all = statements(heading).stream().filter(s -> s.contains(has)).toList();
    if (all.size() != 1) {
      throw new IllegalStateException(
          "Section '%s' of the document has %s with '%s' (expected one statement)"
              .formatted(heading, all, has));
    }
    return all.get(0);
  }
}
