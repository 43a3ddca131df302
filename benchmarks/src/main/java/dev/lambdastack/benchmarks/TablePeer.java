package dev.lambdastack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An engine in a process of its own that answers SQL statements. */
final class TablePeer implements AutoCloseable {
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
    List<String> found = rows.stream().sorted().toList();
    List<String> right = expected.stream().sorted().toList();
    for (int i = 0; i < Math.min(found.size(), right.size()); i++) {
      if (!found.get(i).equals(right.get(i))) {
        throw difference(sql, found.get(i), right.get(i));
      }
    }
    WrongAnswerException.check(
        name + ", asked " + sql + ",", found.size() + " rows", right.size() + " rows");
  }

  /** From where two rows differ on. */
  private WrongAnswerException difference(String sql, String found, String right) {
    int same = 0;
    while (same < Math.min(found.length(), right.length())
        && found.charAt(same) == right.charAt(same)) {
      same++;
    }
    int from = Math.max(0, same - 60);
    return new WrongAnswerException(
        "%s, asked %s, has …%s, where it should have …%s"
            .formatted(name, sql, part(found, from), part(right, from)));
  }

  private static String part(String text, int from) {
    return text.substring(from, Math.min(text.length(), from + 160));
  }

  @Override
  public void close() {
    peer.close();
  }
}
