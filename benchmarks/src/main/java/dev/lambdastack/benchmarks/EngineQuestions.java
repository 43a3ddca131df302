package dev.lambdastack.benchmarks;

import dev.lambdastack.cli.batch.MasterCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import picocli.CommandLine;

/** What Spark and DuckDB are asked, as the document prints it, and what they must answer. */
final class EngineQuestions implements AutoCloseable {
  private static final String ROWS = "SELECT * FROM lambda.events.orders";
  private static final String MAINTENANCE = "Maintenance by others";

  /** Columns that files of different versions have by other names or with other fields, or lack. */
  private static final Set<String> NOT_IN_EACH_FILE =
      Set.of("note", "legacy", "address", "billing", "lines", "source", "weight");

  private static final DateTimeFormatter SQL_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);

  private final AnalystDocument printed;
  private final Path peers;
  private final Configuration hadoop;
  private final EngineOracle oracle;
  private final Path scratch = Files.createTempDirectory("engines");
  private TablePeer spark;
  private TablePeer duckDb;

  EngineQuestions(AnalystDocument printed, Path peers, Configuration hadoop, EngineOracle oracle)
      throws IOException {
    this.printed = printed;
    this.peers = peers;
    this.hadoop = hadoop;
    this.oracle = oracle;
  }

  /**
   * Starts the engines, Spark with the options that the document prints.
   *
   * @throws WrongAnswerException when {@code lambda master} prints others; the table must be there
   */
  void start() throws IOException, WrongAnswerException {
    String warehouse = hadoop.get("fs.defaultFS") + hadoop.get("lambda.master");
    Map<String, String> options =
        AnalystDocument.options(
            printed.section("Spark").replace(AnalystDocument.WAREHOUSE, warehouse));
    for (Map.Entry<String, String> told : AnalystDocument.options(lambdaMaster()).entrySet()) {
      WrongAnswerException.check(
          "The document, of " + told.getKey() + ",",
          String.valueOf(options.get(told.getKey())),
          told.getValue());
    }

    spark =
        TablePeer.start(
            "Spark",
            peers.resolve("spark"),
            "SparkTablePeer",
            scratch,
            options.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    duckDb = TablePeer.start("DuckDB", peers.resolve("duckdb"), "DuckDbPeer", scratch, List.of());
  }

  /** What {@code lambda master} prints. */
  private String lambdaMaster(String... options) throws WrongAnswerException {
    List<String> arguments = new ArrayList<>(List.of(EngineEvents.TOPIC));
    arguments.addAll(List.of(options));
    for (String key : List.of("fs.defaultFS", "lambda.master")) {
      arguments.addAll(List.of("-D", key + "=" + hadoop.get(key)));
    }
    StringWriter out = new StringWriter();
    int exit =
        new CommandLine(new MasterCommand())
            .setOut(new PrintWriter(out))
            .execute(arguments.toArray(String[]::new));
    WrongAnswerException.check("lambda master", "exit code " + exit, "exit code 0");
    return out.toString();
  }

  /** All columns of all rows, as they were sent up to a round. */
  void checkRows(int round) throws IOException, WrongAnswerException {
    checkRows(ROWS, round);
  }

  /** As {@link #checkRows(int)}, at the snapshot of an earlier round. */
  void checkRowsAt(long snapshot, int round) throws IOException, WrongAnswerException {
    checkRows(ROWS + " VERSION AS OF " + snapshot, round);
  }

  private void checkRows(String sql, int round) throws IOException, WrongAnswerException {
    String types =
        oracle.types(round).entrySet().stream()
            .map(e -> e.getKey() + ":" + e.getValue())
            .collect(Collectors.joining(",", "struct<", ">"));
    TablePeer.Rows found = spark.ask(sql);
    spark.compare("the columns of " + sql, List.of(found.type()), List.of(types));
    spark.compare(sql, found.rows(), oracle.rows(round));
  }

  /** What was known at a moment after a round. */
  void checkCountAt(Instant moment, int round) throws IOException, WrongAnswerException {
    String sql =
        printed
            .statement("Spark", "TIMESTAMP AS OF")
            .replace(AnalystDocument.MOMENT, sqlTime(moment));
    spark.check(sql, List.of("{count(1)=" + oracle.eventsUpTo(round) + "}"));
  }

  /** The sums of the document's day. */
  void checkDay() throws IOException, WrongAnswerException {
    spark.check(printed.statement("Spark", "GROUP BY category"), oracle.sumsOfDay("count(1)"));
  }

  /**
   * What archive runs have added.
   *
   * @param first the first round whose snapshot is there still
   */
  void checkRuns(int first, int last) throws IOException, WrongAnswerException {
    String sql = printed.statement("Spark", ".snapshots");
    List<String> found = new ArrayList<>();
    for (String row : spark.ask(sql).rows()) {
      String[] values = row.split("summary\\[[a-z.-]+\\]=");
      if (!values[2].equals("null}")) {
        found.add(values[2].replace("}", "") + " " + values[1].replace(", ", ""));
      }
    }
    List<String> expected = new ArrayList<>();
    for (int round = first; round <= last; round++) {
      expected.add(String.format(Locale.ROOT, "\"%d\" \"%d\"", round + 1, oracle.eventsOf(round)));
    }
    // The snapshot that was kept may be a run's, or another program's.
    found.removeIf(run -> run.startsWith("\"" + first + "\" "));
    spark.compare(sql, found, expected);
  }

  /** Records that are no events. */
  void checkDeadLetters() throws IOException, WrongAnswerException {
    spark.check(
        "SELECT partition, offset, value FROM lambda.dead_letters.orders", oracle.deadLetters());
    long dead = 0;
    for (String row : spark.ask(printed.statement("Spark", "dead_letters")).rows()) {
      dead += Long.parseLong(row.replaceAll(".*count\\(1\\)=([0-9]+).*", "$1"));
    }
    WrongAnswerException.check("Spark, of reasons,", dead, (long) oracle.deadLetters().size());
  }

  /** The paths of files with a row that has the bytes that its producer sent. */
  Set<String> filesWithRaw() throws IOException {
    return spark
        .ask("SELECT DISTINCT _file FROM lambda.events.orders WHERE lambda_raw IS NOT NULL")
        .rows()
        .stream()
        .map(row -> row.substring(row.indexOf('"') + 1, row.lastIndexOf('"')))
        .collect(Collectors.toSet());
  }

  /** DuckDB over copies of the files that {@code lambda master --files} lists. */
  void checkFiles(int round) throws IOException, WrongAnswerException {
    Path folder = Files.createDirectory(scratch.resolve("files-" + round));
    FileSystem hdfs = FileSystem.get(hadoop);
    int copied = 0;
    for (String file : lambdaMaster("--files").lines().toList()) {
      hdfs.copyToLocalFile(
          new org.apache.hadoop.fs.Path(file),
          new org.apache.hadoop.fs.Path(folder.resolve(++copied + ".parquet").toUri()));
    }

    for (String sql : printed.statements("DuckDB")) {
      duckDb.check(
          sql.replace(AnalystDocument.FILES, folder + "/"),
          sql.contains("GROUP BY category")
              ? oracle.sumsOfDay("count_star()")
              : oracle.sumsByDay("count_star()"));
    }

    Set<String> columns = new TreeSet<>(oracle.types(0).keySet());
    columns.removeAll(NOT_IN_EACH_FILE);
    duckDb.check(
        "SELECT %s FROM read_parquet('%s/*.parquet', union_by_name = true)"
            .formatted(String.join(", ", columns), folder),
        oracle.rowsOf(columns));
  }

  /**
   * Runs a procedure as the document prints it.
   *
   * @param until where it removes things, how old they are
   */
  void maintain(String procedure, Instant until) throws IOException {
    spark.ask(
        printed
            .statement(MAINTENANCE, procedure + "(")
            .replace(AnalystDocument.AGE, sqlTime(until)));
  }

  /** As printed, Spark leaves files alone that are few. */
  void rewriteAllFiles() throws IOException {
    spark.ask(
        printed
            .statement(MAINTENANCE, "rewrite_data_files(")
            .replace(
                "'events.orders')", "'events.orders', options => map('rewrite-all', 'true'))"));
  }

  private static String sqlTime(Instant time) {
    return SQL_TIME.format(time.atOffset(ZoneOffset.UTC));
  }

  @Override
  public void close() {
    for (TablePeer peer : new TablePeer[] {spark, duckDb}) {
      if (peer != null) {
        peer.close();
      }
    }
  }
}
