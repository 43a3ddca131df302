package dev.lambdastack.serving.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.serving.testing.Layers;
import dev.lambdastack.serving.testing.Sale;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.serving.testing.TestingHBase;
import dev.lambdastack.serving.testing.TestingHBase.Cluster;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The query command on a real HBase: in this process, and as the all-in-one jar in its own. */
@ExtendWith(TestingHBase.class)
class QueryCommandIT {
  private static final long H = Sales.FIRST_EPOCH;
  private static final Instant TEN = Instant.parse("2026-01-01T10:00:00Z");
  private static final Duration LONG = Duration.ofDays(24_000);

  private final Cluster cluster;
  @TempDir Path folder;

  QueryCommandIT(Cluster cluster) {
    this.cluster = cluster;
  }

  private static Sale sale(String shop, long clerk, int hours, long epoch, String amount) {
    return new Sale(
        shop,
        clerk,
        false,
        new BigDecimal(amount),
        TEN.plus(Duration.ofHours(hours)),
        0,
        clerk,
        epoch);
  }

  private void publish(String view, Duration retention) throws IOException {
    List<Sale> sales =
        List.of(
            sale("Łódź", 1, 0, H - 1, "10.00"),
            sale("Łódź", 2, 0, H, "0.50"),
            sale("Oslo", 1, 1, H - 1, "7.25"));
    Layers layers = new Layers(cluster.connection(), Sales.view(view, "shop"));
    layers.publish(
        Optional.of(layers.version(1, H, sales)),
        Optional.of(layers.generation(H, retention, sales)));
  }

  private List<String> withCluster(String... args) {
    Configuration conf = cluster.configuration();
    List<String> all = new ArrayList<>(Arrays.asList(args));
    for (String key : List.of("hbase.zookeeper.quorum", "hbase.zookeeper.property.clientPort")) {
      all.add("-D" + key + "=" + conf.get(key));
    }
    return all;
  }

  private record Ended(int code, String out, String err) {}

  private Ended run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        CommandRunner.run(
            new CommandLine(new QueryCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)),
            withCluster(args).toArray(String[]::new));
    return new Ended(code, out.toString(), err.toString());
  }

  @Test
  void oneKeyAsATable() throws Exception {
    publish("query_table", LONG);
    Ended ended = run("query_table", "--key", "Łódź", "--from", "2026-01-01", "--to", "2026-01-02");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("2026-01-01T10:00:00Z", "Łódź", "10.50", "50.0 %")
        .contains("1 row, 2 events: batch version 1", "speed generation 1")
        .doesNotContain("Oslo");
  }

  @Test
  void allKeysAsCsv() throws Exception {
    publish("query_csv", LONG);
    Ended ended =
        run("query_csv", "--all", "--from", "2026-01-01", "--to", "2026-01-02", "--format", "csv");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out().lines())
        .containsExactly(
            "shop,window_start,window_end,sales,total,average,least,greatest,clerks,last,events,speed_events",
            "Łódź,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,2,10.50,5.250,0.50,10.00,2,0.50,2,1",
            "Oslo,2026-01-01T11:00:00Z,2026-01-01T12:00:00Z,1,7.25,7.250,7.25,7.25,1,7.25,1,0");
  }

  @Test
  void anIncompleteAnswerIsRefusedUnlessAllowed() throws Exception {
    publish("query_expired", Duration.ofSeconds(1));
    String[] question = {
      "query_expired", "--key", "Oslo", "--from", "2026-01-01", "--to", "2026-01-02"
    };
    Ended refused = run(question);
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err().lines()).singleElement().asString().contains("expired", "retention");

    String[] allowed = Arrays.copyOf(question, question.length + 1);
    allowed[question.length] = "--allow-incomplete";
    Ended answered = run(allowed);
    assertThat(answered.code()).isZero();
    assertThat(answered.out()).contains("7.25", "INCOMPLETE: ");
  }

  @Test
  void badInputIsOneLineAndCodeTwo() throws Exception {
    publish("query_bad", LONG);
    String[] day = {"--from", "2026-01-01", "--to", "2026-01-02"};
    assertRefused(concat(day, "query_bed", "--key", "Oslo"), "No view 'query_bed'", "query_bad");
    assertRefused(concat(day, "query_bad"), "1 part (shop)", "found 0", "--all");
    assertRefused(concat(day, "query_bad", "--key", "a", "--key", "b"), "found 2");
    assertRefused(
        concat(day, "query_bad", "--key", "a", "-Dlambda.read.cash=1s"),
        "lambda.read.cash",
        "lambda.read.cache");
    assertRefused(
        new String[] {"query_bad", "--key", "a", "--from", "2026-01-02", "--to", "2026-01-01"},
        "--from",
        "after");
  }

  private static String[] concat(String[] last, String... first) {
    String[] all = Arrays.copyOf(first, first.length + last.length);
    System.arraycopy(last, 0, all, first.length, last.length);
    return all;
  }

  private void assertRefused(String[] args, String... parts) {
    Ended ended = run(args);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).singleElement().asString().contains(parts);
  }

  /** The file that the build has just made; its absence is a failure, not a reason to pass. */
  private static Path allInOneJar() throws IOException {
    try (var files = Files.list(Path.of("target"))) {
      return files
          .filter(f -> f.getFileName().toString().matches("hbase-serving-.*-all\\.jar"))
          .findFirst()
          .orElseThrow(
              () ->
                  new AssertionError(
                      "target has no hbase-serving-*-all.jar; run `mvn verify` without all-jar.skip"));
    }
  }

  private Ended java(List<String> args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-Dlambda.log=" + folder.resolve("log"));
    command.addAll(args);
    File out = folder.resolve("out").toFile();
    File err = folder.resolve("err").toFile();
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out)
            .redirectError(err)
            .start();
    try {
      assertThat(process.waitFor(180, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Ended(
        process.exitValue(),
        Files.readString(out.toPath(), StandardCharsets.UTF_8),
        Files.readString(err.toPath(), StandardCharsets.UTF_8));
  }

  private Ended runJar(List<String> args) throws Exception {
    List<String> all = new ArrayList<>(List.of("-jar", allInOneJar().toAbsolutePath().toString()));
    all.addAll(args);
    return java(all);
  }

  @Test
  void theAllInOneJarAnswersAlone() throws Exception {
    publish("query_jar", LONG);
    String[] question = {
      "query_jar", "--all", "--from", "2026-01-01", "--to", "2026-01-02", "--format", "json"
    };
    Ended alone = runJar(withCluster(question));
    assertThat(alone.err()).isEmpty();
    assertThat(alone.code()).isZero();
    assertThat(alone.out())
        .contains("\"total\" : 10.50", "\"shop\" : \"Łódź\"", "\"speed_events\" : 1");
  }

  @Test
  void theAllInOneJarRefusesAsTheCommandDoes() throws Exception {
    Ended refused =
        runJar(withCluster("query_none", "--all", "--from", "2026-01-01", "--to", "2026-01-02"));
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err().lines()).singleElement().asString().contains("'query_none'");
    assertThat(refused.code()).isEqualTo(2);
  }

  /** An analyst's program: one source file, one jar, {@code hbase-site.xml} on the class path. */
  private static final String PROGRAM =
      """
      import dev.lambdastack.serving.merge.MergedRow;
      import dev.lambdastack.serving.read.Answer;
      import dev.lambdastack.serving.read.LambdaClient;
      import java.time.Instant;
      import java.util.List;
      import org.apache.hadoop.hbase.HBaseConfiguration;

      public class Program {
        public static void main(String[] args) throws Exception {
          try (LambdaClient client = LambdaClient.open(HBaseConfiguration.create())) {
            Answer answer = client.query("query_program", List.of("Oslo"),
                Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-01-02T00:00:00Z"));
            for (MergedRow row : answer.rows()) {
              System.out.println(row.start() + " " + row.value("total"));
            }
          }
        }
      }
      """;

  @Test
  void aProgramOnTheAllInOneJarAnswers() throws Exception {
    publish("query_program", LONG);
    Configuration site = new Configuration(false);
    for (String key : List.of("hbase.zookeeper.quorum", "hbase.zookeeper.property.clientPort")) {
      site.set(key, cluster.configuration().get(key));
    }
    Path conf = Files.createDirectories(folder.resolve("conf"));
    try (var out = Files.newOutputStream(conf.resolve("hbase-site.xml"))) {
      site.writeXml(out);
    }
    Path program = Files.writeString(folder.resolve("Program.java"), PROGRAM);
    Ended ended =
        java(
            List.of(
                "-cp",
                conf + File.pathSeparator + allInOneJar().toAbsolutePath(),
                program.toString()));
    assertThat(ended)
        .isEqualTo(new Ended(0, "2026-01-01T11:00:00Z 7.25" + System.lineSeparator(), ""));
  }
}
