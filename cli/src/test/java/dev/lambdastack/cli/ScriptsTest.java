package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the scripts say on a machine that lacks something: what to install, and exit code 2. */
class ScriptsTest {
  private static final Path SCRIPTS = Path.of("..", "scripts").toAbsolutePath().normalize();
  private static final List<String> TOOLS = List.of("dirname", "head", "readlink", "sed");

  @TempDir Path bin;

  @BeforeEach
  void aMachineWithNothing() throws IOException {
    for (String tool : TOOLS) {
      install(tool, onPath(tool));
    }
  }

  private static Path onPath(String tool) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      Path path = Path.of(folder, tool);
      if (Files.isExecutable(path)) {
        return path.toAbsolutePath();
      }
    }
    throw new AssertionError("no " + tool + " on the PATH");
  }

  private void install(String tool, Path there) throws IOException {
    write(tool, "exec '%s' \"$@\"".formatted(there));
  }

  private void installOfThisJdk(String tool) throws IOException {
    install(tool, Path.of(System.getProperty("java.home"), "bin", tool));
  }

  /** A tool that does nothing but say this of itself. */
  private void install(String tool, String version) throws IOException {
    write(tool, "echo '%s'".formatted(version));
  }

  private void write(String tool, String line) throws IOException {
    Path script =
        Files.writeString(bin.resolve(tool), "#!%s%n%s%n".formatted(onPath("bash"), line));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private String refusal(String script) throws Exception {
    return refusal(SCRIPTS.resolve(script));
  }

  private String refusal(Path script, String... args) throws Exception {
    Said said = run(script, Map.of("HOME", bin.toString()), args);
    assertThat(said.code()).as(said.err()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    return said.err();
  }

  private record Said(int code, String out, String err) {}

  private Said run(Path script, Map<String, String> environment, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(onPath("bash").toString(), script.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    Path err = bin.resolve("err");
    Process process =
        builder.redirectError(err.toFile()).redirectInput(new File("/dev/null")).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Said(process.exitValue(), out, Files.readString(err));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aLinkedScriptFindsWhatStandsBesideIt() throws Exception {
    for (String script : List.of("lambda", "quickstart", "chaos", "undo-drill", "bench", "test")) {
      Path link = Files.createSymbolicLink(bin.resolve("my-" + script), SCRIPTS.resolve(script));
      assertThat(refusal(link)).as(script).startsWith("Java 17 or newer is needed");
      Files.delete(link);
    }
    Path link = Files.createSymbolicLink(bin.resolve("nightly"), SCRIPTS.resolve("run-batch"));
    assertThat(run(link, Map.of(), "--help").out()).startsWith("One run of the batch layer");
    Files.delete(link);
  }

  @Test
  void withoutAHomeWhatToSetIsSaid() throws Exception {
    installOfThisJdk("java");
    Said lambda = run(SCRIPTS.resolve("lambda"), Map.of(), "views");
    assertThat(lambda)
        .isEqualTo(
            new Said(
                2,
                "",
                "HOME is not set, so there is no place for a log file. Let LAMBDA_LOG name one.\n"));
    install("flock", "locks");
    install("date", onPath("date"));
    assertThat(
            run(
                SCRIPTS.resolve("run-batch"),
                Map.of("RUN_BATCH_LAMBDA", onPath("bash").toString()),
                "orders"))
        .extracting(Said::code, Said::err)
        .containsExactly(
            2,
            "HOME is not set, so there is no place for locks and logs. Let RUN_BATCH_STATE name a folder.\n");
  }

  /** Of a project that is not built, on a machine that could not build it. */
  @Test
  void helpBuildsNothing() throws Exception {
    Path project = Files.createDirectories(bin.resolve("project/scripts"));
    for (String script :
        List.of(
            "quickstart", "chaos", "undo-drill", "bench", "smoke", "build.sh", "toolchain.sh")) {
      Files.copy(SCRIPTS.resolve(script), project.resolve(script));
    }
    for (String script : List.of("quickstart", "chaos", "undo-drill", "bench", "smoke")) {
      for (String help : List.of("--help", "-h")) {
        Said said = run(project.resolve(script), Map.of("HOME", bin.toString()), help);
        assertThat(said.code()).as(script + said.err()).isZero();
        assertThat(said.err()).isEmpty();
        assertThat(said.out()).contains("  scripts/" + script + " ", "Exit code");
      }
    }
    assertThat(project.getParent()).isDirectoryNotContaining(p -> p.endsWith("target"));
  }

  @Test
  void withoutJava() throws Exception {
    for (String script : Set.of("quickstart", "test", "lambda")) {
      assertThat(refusal(script))
          .as(script)
          .startsWith("Java 17 or newer is needed, and there is no java on the PATH")
          .contains("sudo apt-get install openjdk-17-jdk-headless");
    }
  }

  @Test
  void withAnOldJava() throws Exception {
    install("java", "openjdk version \"11.0.2\" 2019-01-15");
    for (String script : Set.of("quickstart", "test", "lambda")) {
      assertThat(refusal(script))
          .as(script)
          .contains("Java 17 or newer is needed", "is 11.", "openjdk-17-jdk-headless");
    }
  }

  @Test
  void withoutACompiler() throws Exception {
    installOfThisJdk("java");
    for (String script : Set.of("quickstart", "test")) {
      assertThat(refusal(script))
          .as(script)
          .contains("without a compiler (javac)", "openjdk-17-jdk-headless");
    }
  }

  @Test
  void withoutMaven() throws Exception {
    installOfThisJdk("java");
    installOfThisJdk("javac");
    for (String script : Set.of("quickstart", "test")) {
      assertThat(refusal(script))
          .as(script)
          .startsWith("Maven 3.8 or newer is needed, and there is no mvn on the PATH")
          .contains("sudo apt-get install maven");
    }
  }

  @Test
  void withAnOldMaven() throws Exception {
    installOfThisJdk("java");
    installOfThisJdk("javac");
    install("mvn", "Apache Maven 3.6.3");
    for (String script : Set.of("quickstart", "test")) {
      assertThat(refusal(script)).as(script).contains("Maven 3.8 or newer is needed", "is 3.6.");
    }
  }
}
