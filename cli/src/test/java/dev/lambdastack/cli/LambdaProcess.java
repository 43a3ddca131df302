package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.embedded.EmbeddedClusters;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * Runs {@code scripts/lambda} as a person does, each run in a process of its own whose output and
 * log are kept in a folder.
 */
final class LambdaProcess {
  private static final int LIMIT_SECONDS = 240;

  /** Digits, calendars and letters that are not English. Each run gets one, and a zone. */
  private static final List<String> LANGUAGES =
      List.of(
          "-Duser.language=en -Duser.country=US",
          "-Duser.language=tr -Duser.country=TR",
          "-Duser.language=ar -Duser.country=EG",
          "-Duser.language=fa -Duser.country=IR",
          "-Duser.language=th -Duser.country=TH -Duser.extensions=u-nu-thai",
          "-Duser.language=ne -Duser.country=NP");

  private static final List<String> ZONES =
      List.of("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns");
  private static final List<String> CHARSETS = List.of("C", "C.UTF-8", "POSIX");

  /** They end within seconds: the optimizing compiler would take more than it gives. */
  private static final String SHORT_LIVED = "-Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private static final Random HOSTS = hosts();

  private static Random hosts() {
    long seed = Long.getLong("test.host.seed", System.nanoTime());
    System.out.println("LambdaProcess: hosts by -Dtest.host.seed=" + seed);
    return new Random(seed);
  }

  private static String any(List<String> choices) {
    return choices.get(HOSTS.nextInt(choices.size()));
  }

  private final Path folder;
  private final Path conf;
  private int runs;

  /** How a run ended. */
  record Ended(int code, String out, String err) {}

  /**
   * @param folder of the tests' own
   * @param conf with the site files of the clusters, maybe empty
   */
  LambdaProcess(Path folder, Path conf) throws IOException {
    this.folder = folder;
    this.conf = Files.createDirectories(conf);
  }

  /** Writes what a command needs to know of these clusters, whose epochs take 2 s. */
  static Path conf(Path folder, EmbeddedClusters clusters) throws IOException {
    Path conf = folder.resolve("conf");
    clusters.writeSiteFiles(conf);
    Configuration site = new Configuration(false);
    site.set("lambda.kafka.bootstrap-servers", clusters.kafka().bootstrapServers());
    site.set("lambda.epoch", "2s");
    site.set("lambda.regions", "1");
    // A process on a busy machine may take this long to load its classes.
    site.set("lambda.hbase.timeout", "90s");
    site.set("lambda.kafka.timeout", "90s");
    site.set("lambda.clock-skew", "0ms");
    try (OutputStream out = Files.newOutputStream(conf.resolve("lambda-site.xml"))) {
      site.writeXml(out);
    }
    return conf;
  }

  Path log() {
    return folder.resolve("lambda.log");
  }

  Ended run(String... args) throws Exception {
    return runReading("", args);
  }

  Ended runReading(String input, String... args) throws Exception {
    return runReading(input.getBytes(StandardCharsets.UTF_8), args);
  }

  Ended runReading(byte[] input, String... args) throws Exception {
    try (Running running = startScript("lambda", input, args)) {
      return running.await();
    }
  }

  /** Runs with standard output to this file. */
  Ended runInto(Path out, String input, String... args) throws Exception {
    try (Running running = startInto(out, input, args)) {
      return running.await();
    }
  }

  /** Starts a command that goes on until it is closed, with standard output to this file. */
  Running startInto(Path out, String input, String... args) throws IOException {
    return startScript("lambda", out, input.getBytes(StandardCharsets.UTF_8), args);
  }

  /** Runs another script of {@code scripts/}. */
  Ended runScript(String script, String... args) throws Exception {
    try (Running running = startScript(script, new byte[0], args)) {
      return running.await();
    }
  }

  /** Starts a command that goes on until it is closed. */
  Running start(String input, String... args) throws IOException {
    return startScript("lambda", input.getBytes(StandardCharsets.UTF_8), args);
  }

  private Running startScript(String script, byte[] input, String... args) throws IOException {
    return startScript(script, folder.resolve((runs + 1) + ".out"), input, args);
  }

  private Running startScript(String script, Path out, byte[] input, String... args)
      throws IOException {
    assertThat(Path.of("target", "lambda.jar")).as("mvn verify makes it").exists();
    int run = ++runs;
    List<String> command = new ArrayList<>();
    command.add(Path.of("..", "scripts", script).toAbsolutePath().normalize().toString());
    command.addAll(List.of(args));
    // By a file: Java writes arguments in the charset of its own locale, which may not have them.
    Path words =
        Files.writeString(folder.resolve(run + ".args"), String.join("\0", command) + "\0");
    File in = Files.write(folder.resolve(run + ".in"), input).toFile();
    Path err = folder.resolve(run + ".err");
    ProcessBuilder builder =
        new ProcessBuilder(
                "bash",
                "-c",
                "mapfile -d '' -t words < \"$0\"; exec \"${words[@]}\"",
                words.toString())
            .directory(folder.toFile())
            .redirectInput(in)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LAMBDA_CONF", conf.toString());
    builder.environment().put("LAMBDA_LOG", log().toString());
    builder
        .environment()
        .put(
            "LAMBDA_OPTS",
            "%s %s -Duser.timezone=%s".formatted(SHORT_LIVED, any(LANGUAGES), any(ZONES)));
    builder.environment().put("LC_ALL", any(CHARSETS));
    builder.environment().put("RUN_BATCH_STATE", folder.resolve("run-batch").toString());
    return new Running(builder.start(), out, err);
  }

  /** A command that runs. */
  static final class Running implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;

    private Running(Process process, Path out, Path err) {
      this.process = process;
      this.out = out;
      this.err = err;
    }

    boolean isAlive() {
      return process.isAlive();
    }

    String out() throws IOException {
      return Files.isRegularFile(out) ? Files.readString(out, StandardCharsets.UTF_8) : "";
    }

    String err() throws IOException {
      return Files.readString(err, StandardCharsets.UTF_8);
    }

    Ended await() throws Exception {
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
      return new Ended(process.exitValue(), out(), err());
    }

    /** Ends it as a person does with Ctrl-C or kill. */
    Ended terminate() throws Exception {
      process.destroy();
      return await();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
