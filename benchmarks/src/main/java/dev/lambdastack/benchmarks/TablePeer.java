package dev.lambdastack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An engine in a process of its own that answers SQL statements. */
final class TablePeer implements AutoCloseable {
  private static final int BEFORE = 60;
  private static final int SHOWN = 200;

  private final String name;
  private final Peer peer;
  private final Path answer;

  /**
   * What a statement gave.
   *
   * @param type of its columns, by name
   * @param rows by column name, in the order in which they came
   */
  record Rows(String type, List<String> rows) {}

  private TablePeer(String name, Peer peer, Path answer) {
    this.name = name;
    this.peer = peer;
    this.answer = answer;
  }

  static TablePeer start(
      String name, Path folder, String mainClass, Path scratch, List<String> arguments)
      throws IOException {
    return new TablePeer(
        name,
        Peer.start(folder, mainClass, "1g", scratch.resolve(mainClass + ".log"), arguments),
        scratch.resolve(mainClass + ".answer"));
  }

  /** Runs a statement. */
  Rows ask(String sql) throws IOException {
    peer.run(answer + " " + sql);
    List<String> lines = Files.readAllLines(answer);
    return new Rows(lines.get(0), lines.subList(1, lines.size()));
  }

  /**
   * Runs a statement, and compares its rows, in whatever order, with those that are right.
   *
   * @throws WrongAnswerException at the first row that is not right
   */
  void check(String sql, List<String> expected) throws IOException, WrongAnswerException {
    compare(sql, ask(sql).rows(), expected);
  }

  /** {@link #check} of rows that are there. */
  void compare(String sql, List<String> rows, List<String> expected) throws WrongAnswerException {
    List<String> more = without(rows, expected);
    List<String> missing = without(expected, rows);
    if (more.isEmpty() && missing.isEmpty()) {
      return;
    }

    String counts =
        String.format(
            Locale.ROOT,
            "%s, asked %s, has %d rows (expected %d), of which %d are wrong and %d missing",
            name,
            sql,
            rows.size(),
            expected.size(),
            more.size(),
            missing.size());
    throw new WrongAnswerException(
        more.isEmpty() || missing.isEmpty()
            ? counts + ": " + part(more.isEmpty() ? missing.get(0) : more.get(0), 0)
            : counts + ": " + difference(more.get(0), nearest(more.get(0), missing)));
  }

  /** Rows that another list does not have, or not as often. */
  private static List<String> without(List<String> rows, List<String> others) {
    Map<String, Integer> left = new HashMap<>();
    others.forEach(row -> left.merge(row, 1, Integer::sum));
    return rows.stream().filter(row -> left.merge(row, -1, Integer::sum) < 0).sorted().toList();
  }

  /** The row that most likely stands for the same event. */
  private static String nearest(String row, List<String> others) {
    String place = row.replaceAll(".*(lambda_offset=\\d+, lambda_partition=\\d+).*", "$1");
    return others.stream().filter(r -> r.contains(place)).findFirst().orElse(others.get(0));
  }

  /** From where two rows differ on. */
  private static String difference(String found, String right) {
    int same = 0;
    while (same < Math.min(found.length(), right.length())
        && found.charAt(same) == right.charAt(same)) {
      same++;
    }
    int from = Math.max(0, same - BEFORE);
    return "it has …%s… where it should have …%s…".formatted(part(found, from), part(right, from));
  }

  private static String part(String text, int from) {
    return text.substring(from, Math.min(text.length(), from + SHOWN));
  }

  @Override
  public void close() {
    peer.close();
  }
}
