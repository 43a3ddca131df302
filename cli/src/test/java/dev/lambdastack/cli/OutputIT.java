package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.cli.LambdaProcess.Ended;
import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedClusters;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What every verb prints, in every format; and what a person is told of whose disk is full. */
class OutputIT {
  private static final Path FULL = Path.of("/dev/full");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final Pattern ONE_OF_MANY =
      Pattern.compile(
          "(?<![0-9,.])1 (dead letter|event|file|byte|tick|row|offset|run|commit|difference|alert)s\\b");

  /** What cannot be asked what it would do, and shows no rows. */
  private static final Set<String> CHANGES =
      Set.of("produce", "backup", "discard", "rollback", "dimension", "help");

  @TempDir Path folder;

  /** What each verb shows, in an order in which each has something to show. */
  private static Map<String, List<String>> arguments(Path events) {
    Map<String, List<String>> arguments = new LinkedHashMap<>();
    arguments.put("views", List.of("--published"));
    arguments.put(
        "query",
        List.of(
            "daily_sales", "--all", "--from=2026-01-01", "--to=2026-02-01", "--allow-incomplete"));
    arguments.put("produce", List.of("orders", "--file", events.toString()));
    arguments.put("archive", List.of("orders"));
    arguments.put("audit", List.of("orders"));
    arguments.put("master", List.of("orders"));
    arguments.put("events", List.of("orders", "--where=quantity>=1"));
    arguments.put("compact", List.of("orders"));
    arguments.put("dead-letters list", List.of("orders"));
    arguments.put("dead-letters show", List.of("orders"));
    arguments.put("dead-letters replay", List.of("orders"));
    arguments.put("recompute", List.of("daily_sales", "--full"));
    arguments.put("discard", List.of("daily_sales", "2"));
    arguments.put("publish", List.of("daily_sales"));
    arguments.put("rollback", List.of("daily_sales", "--to=1"));
    arguments.put("versions", List.of("daily_sales"));
    arguments.put("cleanup", List.of("--all"));
    arguments.put("dimension", List.of("products", "--once"));
    arguments.put("alerts", List.of("--list"));
    arguments.put("backup", List.of("--to=" + events.resolveSibling("backups").toUri()));
    arguments.put("help", List.of());
    return arguments;
  }

  private static String orders() {
    return IntStream.range(0, 20)
        .mapToObj(
            i ->
                String.format(
                    Locale.ROOT,
                    """
                    {"order_id": %d, "customer_id": 1, "product_id": 3, "product_category": "Wine", "store_id": 4, \
                    "action": "purchase", "quantity": 1, "amount": 1.50, "event_time": "%s"}""",
                    i,
                    Instant.parse("2026-01-05T10:00:00Z").plusSeconds(i)))
        .collect(Collectors.joining("\n"));
  }

  /** The site files of a folder, as options. */
  private static List<String> settings(Path conf) throws IOException {
    Configuration site = new Configuration(false);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(conf, "*-site.xml")) {
      for (Path file : files) {
        site.addResource(file.toUri().toURL());
      }
    }
    List<String> options = new ArrayList<>();
    site.forEach(e -> options.add("-D" + e.getKey() + "=" + e.getValue()));
    return options;
  }

  private static void produceNoEvent(EmbeddedClusters clusters) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", clusters.kafka().bootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>("orders", "no event".getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  private static void done(Ended ended) {
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).as(ended.out()).isZero();
  }

  private static void aVersionAnswers(LambdaProcess lambda, EmbeddedClusters clusters)
      throws Exception {
    done(lambda.runReading(orders(), "produce", "orders"));
    produceNoEvent(clusters);
    Await.until(
        "the archive",
        LIMIT,
        () -> {
          Ended archived = lambda.run("archive", "orders", "-Dlambda.dead-letters.max-share=1");
          done(archived);
          return archived.out().contains("1 dead letter;");
        });
    done(lambda.run("recompute", "daily_sales", "--publish"));
  }

  private static Optional<OptionSpec> option(String verb, String name) {
    CommandLine command = new CommandLine(new Lambda());
    for (String word : verb.split(" ")) {
      command = command.getSubcommands().get(word);
    }
    return Optional.ofNullable(command.getCommandSpec().findOption(name));
  }

  /** The verb without any format, or with each that it has. */
  private static List<List<String>> formats(String verb) {
    OptionSpec format = option(verb, "--format").orElse(null);
    return format == null
        ? List.of(List.of())
        : Arrays.stream(format.type().getEnumConstants())
            .map(f -> List.of("--format", f.toString()))
            .toList();
  }

  /** Runs a verb in this process as {@code main} does, with standard output to a full disk. */
  private static Ended runInto(Path out, List<String> args) throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (OutputStream stream = Files.newOutputStream(out)) {
      int code = CommandRunner.onStreams(new Lambda(), stream, err, args.toArray(String[]::new));
      return new Ended(code, "", err.toString(StandardCharsets.UTF_8));
    }
  }

  private static void assertLost(List<String> run, Ended ended) {
    assertThat(ended.code()).as("%s: %s", run, ended.err()).isEqualTo(74);
    assertThat(ended.err().lines().filter(line -> line.startsWith("Cannot write")))
        .as("%s", run)
        .singleElement()
        .asString()
        .startsWith("Cannot write to standard output: No space left on device; ");
    assertThat(ended.err()).doesNotContain("\tat ");
  }

  private static List<String> verbs() {
    return HelpTest.verbs().map(verb -> String.join(" ", verb)).toList();
  }

  @Test
  void theHelpOfEveryVerbOnAFullDisk() throws Exception {
    List<List<String>> runs = new ArrayList<>(List.of(List.of("--help"), List.of("-V")));
    verbs().forEach(v -> runs.add(List.of((v + " --help").split(" "))));
    for (List<String> run : runs) {
      assertLost(run, runInto(FULL, run));
    }
    LambdaProcess lambda = new LambdaProcess(folder, folder.resolve("conf"));
    assertLost(List.of("--help"), lambda.runInto(FULL, "", "--help"));
  }

  private record Scene(
      EmbeddedClusters clusters,
      LambdaProcess lambda,
      Map<String, List<String>> arguments,
      List<String> settings) {
    /** What a person types, and the settings. */
    List<String> run(String verb, List<String> format) {
      List<String> run = new ArrayList<>(List.of(verb.split(" ")));
      run.addAll(arguments.get(verb));
      run.addAll(format);
      if (!verb.equals("help")) {
        run.addAll(settings);
      }
      return run;
    }
  }

  @Test
  void everyVerbInEveryFormat() throws Exception {
    Map<String, List<String>> arguments =
        arguments(Files.writeString(folder.resolve("orders.jsonl"), orders()));
    List<String> all = new ArrayList<>(verbs());
    // The first has verbs of its own alone; the second never ends, and is looked at below; the
    // third
    // wants an empty cluster, and is BackupIT's.
    all.removeAll(List.of("dead-letters", "speed", "restore"));
    all.add("help");
    assertThat(arguments.keySet()).containsExactlyInAnyOrderElementsOf(all);

    try (EmbeddedClusters clusters = EmbeddedClusters.start()) {
      clusters.kafka().createTopic("orders", 1);
      clusters.kafka().createTopic("products", 1, Map.of("cleanup.policy", "compact"));
      LambdaProcess lambda = new LambdaProcess(folder, LambdaProcess.conf(folder, clusters));
      aVersionAnswers(lambda, clusters);
      anAlertWasRaised(clusters);
      try (FileSystem files = clusters.hdfs().fileSystem()) {
        ((DistributedFileSystem) files).allowSnapshot(new org.apache.hadoop.fs.Path("/master"));
      }
      Scene scene = new Scene(clusters, lambda, arguments, settings(folder.resolve("conf")));

      whatIsPrintedAsJsonHasKeysInSnakeCase(scene);
      oneOfAThingIsInTheSingular(scene);
      aFullDiskIsOneLine(scene);
      aNameThatNothingKnowsIsRefused(scene);
      aTableThatWasDroppedByHandIsRefused(scene);
      nothingIsCleanedUpWithoutThePublishedRows(scene);
    }
  }

  /** Without them every table looks like a leftover. */
  private static void nothingIsCleanedUpWithoutThePublishedRows(Scene scene) throws Exception {
    try (Connection hbase =
            ConnectionFactory.createConnection(scene.clusters().hbase().configuration());
        Admin admin = hbase.getAdmin()) {
      ViewTables.drop(admin, PublishedTable.NAME);
      List<TableName> before = List.of(admin.listTableNames());

      List<String> run = new ArrayList<>(List.of("cleanup", "daily_sales"));
      run.addAll(scene.settings());
      run.add("-Dlambda.cleanup.grace=1ms");
      Ended ended = end(run);

      assertThat(ended.code()).as("%s%s", ended.out(), ended.err()).isEqualTo(2);
      assertThat(ended.err())
          .startsWith("Cannot clean up view daily_sales: the table lambda:published, ");
      assertThat(admin.listTableNames()).containsExactlyElementsOf(before);
    }
  }

  private static void aNameThatNothingKnowsIsRefused(Scene scene) {
    for (String verb : List.of("versions", "cleanup", "recompute", "publish")) {
      List<String> run = new ArrayList<>(List.of(verb, "daily_sale"));
      run.addAll(scene.settings());

      Ended ended = end(run);
      assertThat(ended.code()).as("%s: %s%s", verb, ended.out(), ended.err()).isEqualTo(2);
      assertThat(ended.err()).as(verb).contains("daily_sale");
    }
  }

  private static void aTableThatWasDroppedByHandIsRefused(Scene scene) throws Exception {
    print(scene.run("recompute", List.of()));
    JsonNode versions =
        new ObjectMapper().readTree(print(scene.run("versions", List.of("--format", "json"))));
    JsonNode last = versions.get(versions.size() - 1);
    assertThat(last.get("state").asText()).isEqualTo("candidate");

    String table = last.get("table").asText();
    try (Connection hbase =
            ConnectionFactory.createConnection(scene.clusters().hbase().configuration());
        Admin admin = hbase.getAdmin()) {
      ViewTables.drop(admin, TableName.valueOf(table));
    }

    Ended ended = end(scene.run("publish", List.of("--version", last.get("version").asText())));
    assertThat(ended.code()).as("%s%s", ended.out(), ended.err()).isEqualTo(2);
    assertThat(ended.err())
        .startsWith(
            "Cannot let table %s answer: it was dropped, or is disabled; ".formatted(table));
  }

  private static Ended end(List<String> run) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code = CommandRunner.onStreams(new Lambda(), out, err, run.toArray(String[]::new));
    return new Ended(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static void anAlertWasRaised(EmbeddedClusters clusters) throws Exception {
    try (Connection hbase = ConnectionFactory.createConnection(clusters.hbase().configuration())) {
      AlertStore store = new AlertStore(hbase);
      store.ensureTable();
      store.put(
          List.of(
              new AlertStore.Alert(
                  "card_too_far:0:1",
                  "card_too_far",
                  "4711",
                  "too far",
                  "card-transactions",
                  0,
                  1,
                  Instant.EPOCH,
                  0)));
    }
  }

  /** Every verb that has JSON: none is named here that could be forgotten. */
  private static void whatIsPrintedAsJsonHasKeysInSnakeCase(Scene scene) throws Exception {
    List<String> withJson =
        scene.arguments().keySet().stream()
            .filter(verb -> !verb.equals("help") && option(verb, "--format").isPresent())
            .toList();
    assertThat(withJson).contains("views", "query", "audit", "versions", "alerts");

    for (String verb : withJson) {
      String out = print(scene.run(verb, List.of("--format", "json")));

      Set<String> keys = new TreeSet<>();
      addKeys(new ObjectMapper().readTree(out), keys);
      assertThat(keys)
          .as("keys of %s: %s", verb, out)
          .hasSizeGreaterThan(3)
          .allMatch(key -> key.matches("[a-z][a-z0-9]*(_[a-z0-9]+)*"));
    }
  }

  private static String print(List<String> run) {
    Ended ended = end(run);
    assertThat(ended.code()).as("%s: %s", run, ended.err()).isZero();
    return ended.out();
  }

  /** What every verb says that changes nothing: of one file, one event, one dead letter. */
  private static void oneOfAThingIsInTheSingular(Scene scene) {
    for (String verb : scene.arguments().keySet()) {
      List<String> said = new ArrayList<>();
      if (option(verb, "--dry-run").isPresent()) {
        said.add(print(scene.run(verb, List.of("--dry-run"))));
      }
      if (option(verb, "--format").isPresent()) {
        said.add(print(scene.run(verb, List.of())));
      }

      assertThat(said).as(verb).noneMatch(text -> ONE_OF_MANY.matcher(text).find());
      assertThat(said.isEmpty()).as(verb).isEqualTo(CHANGES.contains(verb));
    }
  }

  private static void addKeys(JsonNode node, Set<String> keys) {
    node.fieldNames().forEachRemaining(keys::add);
    node.forEach(child -> addKeys(child, keys));
  }

  private static void aFullDiskIsOneLine(Scene scene) throws Exception {
    for (String verb : scene.arguments().keySet()) {
      for (List<String> format : formats(verb)) {
        List<String> run = scene.run(verb, format);
        assertLost(run, runInto(FULL, run));
      }
    }

    try (LambdaProcess.Running speed = scene.lambda().startInto(FULL, "", "speed", "orders")) {
      Await.until(
          "its line",
          LIMIT,
          () -> speed.err().contains("Cannot write to standard output: No space"));
      assertThat(speed.isAlive()).as("it is not what it says that matters").isTrue();
      assertThat(speed.terminate().code()).isEqualTo(143);
    }
  }

  /** As {@code head} leaves a pipe; here its other end is gone before anything is written. */
  @Test
  void aPipeThatNobodyReadsEndsTheCommandWithoutAWord() throws Exception {
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "mkfifo fifo && exec 3<>fifo 4>fifo 3>&- && \"$0\" --help >&4",
                Path.of("..", "scripts", "lambda").toAbsolutePath().normalize().toString())
            .directory(folder.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor()).isEqualTo(141);
    assertThat(err).isEmptyFile();
  }
}
