package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.cli.LambdaProcess.Ended;
import dev.lambdastack.console.CommandRunner;
import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedClusters;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What a person is told of whose disk is full: every verb, in every format. */
class OutputIT {
  private static final Path FULL = Path.of("/dev/full");
  private static final Duration LIMIT = Duration.ofMinutes(2);

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
          return archived.out().contains("1 dead letters");
        });
    done(lambda.run("recompute", "daily_sales", "--publish"));
  }

  /** The verb without any format, or with each that it has. */
  private static List<List<String>> formats(String verb) {
    CommandLine command = new CommandLine(new Lambda());
    for (String name : verb.split(" ")) {
      command = command.getSubcommands().get(name);
    }
    OptionSpec format = command.getCommandSpec().findOption("--format");
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

  @Test
  void everyVerbInEveryFormatOnAFullDisk() throws Exception {
    Map<String, List<String>> arguments =
        arguments(Files.writeString(folder.resolve("orders.jsonl"), orders()));
    List<String> all = new ArrayList<>(verbs());
    // The first has verbs of its own alone; the second never ends, and is looked at below.
    all.removeAll(List.of("dead-letters", "speed"));
    all.add("help");
    assertThat(arguments.keySet()).containsExactlyInAnyOrderElementsOf(all);
    try (EmbeddedClusters clusters = EmbeddedClusters.start()) {
      clusters.kafka().createTopic("orders", 1);
      clusters.kafka().createTopic("products", 1, Map.of("cleanup.policy", "compact"));
      LambdaProcess lambda = new LambdaProcess(folder, LambdaProcess.conf(folder, clusters));
      aVersionAnswers(lambda, clusters);
      List<String> settings = settings(folder.resolve("conf"));

      for (Map.Entry<String, List<String>> verb : arguments.entrySet()) {
        for (List<String> format : formats(verb.getKey())) {
          List<String> run =
              Stream.of(List.of(verb.getKey().split(" ")), verb.getValue(), format)
                  .flatMap(List::stream)
                  .toList();
          List<String> whole = new ArrayList<>(run);
          if (!run.equals(List.of("help"))) {
            whole.addAll(settings);
          }
          assertLost(run, runInto(FULL, whole));
        }
      }

      try (LambdaProcess.Running speed = lambda.startInto(FULL, "", "speed", "orders")) {
        Await.until(
            "its line",
            LIMIT,
            () -> speed.err().contains("Cannot write to standard output: No space"));
        assertThat(speed.isAlive()).as("it is not what it says that matters").isTrue();
        assertThat(speed.terminate().code()).isEqualTo(143);
      }
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
