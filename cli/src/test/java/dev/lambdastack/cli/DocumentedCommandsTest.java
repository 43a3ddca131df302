package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command that a document prints is run somewhere, so that none is broken in silence. */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** A line of a block of code: indented, or between fences of sh. */
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^(?:    | {0,2})(?:scripts/)([a-z-]+)(?: ([^#\\n]*))?");

  /**
   * What tests of their own run: ScriptsTest, RunBatchTest, OutputIT, and continuous integration;
   * and test-cluster, which is run by hand, since it needs root and an hour.
   */
  private static final Set<String> RUN_ELSEWHERE =
      Set.of("quickstart", "test", "smoke", "dist", "lambda", "run-batch", "test-cluster");

  /** The same by another name. */
  private static final String INCREMENTAL = "incremental-cost";

  private record Printed(Path document, String script, List<String> arguments) {
    String command() {
      return script.equals("bench") && !arguments.isEmpty()
          ? script + " " + arguments.get(0)
          : script;
    }
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT, 3)) {
      return files
          .filter(f -> f.toString().endsWith(".md") && !f.toString().contains("/target/"))
          .toList();
    }
  }

  private static List<Printed> printed() throws IOException {
    List<Printed> all = new ArrayList<>();
    for (Path document : documents()) {
      Matcher matcher = COMMAND.matcher(Files.readString(document));
      while (matcher.find()) {
        String arguments = matcher.group(2) == null ? "" : matcher.group(2).strip();
        all.add(
            new Printed(
                document,
                matcher.group(1),
                Arrays.stream(arguments.split("\\s+")).filter(a -> !a.isEmpty()).toList()));
      }
    }
    return all;
  }

  private static Set<String> smoked() throws Exception {
    Process process =
        new ProcessBuilder(ROOT.resolve("scripts/smoke").toString(), "--list").start();
    String list = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    Set<String> commands = new TreeSet<>();
    for (String line : list.lines().toList()) {
      String[] words = line.replace("scripts/", "").split(" ");
      commands.add(words[0].equals("bench") ? words[0] + " " + words[1] : words[0]);
    }
    if (commands.contains(INCREMENTAL)) {
      assertThat(ROOT.resolve("scripts").resolve(INCREMENTAL))
          .content()
          .contains("bench\" incremental");
      commands.add("bench incremental");
    }
    return commands;
  }

  @Test
  void whatADocumentPrintsIsRun() throws Exception {
    Set<String> run = smoked();
    run.addAll(RUN_ELSEWHERE);
    List<Printed> printed = printed();
    assertThat(printed)
        .extracting(Printed::command)
        .contains("bench batch", "quickstart", "lambda");
    assertThat(printed)
        .allSatisfy(p -> assertThat(run).as("scripts/smoke runs %s", p).contains(p.command()));
  }

  @Test
  void everyScriptIsRun() throws Exception {
    Set<String> run = smoked();
    run.addAll(RUN_ELSEWHERE);
    run.add("bench");
    try (Stream<Path> scripts = Files.list(ROOT.resolve("scripts"))) {
      assertThat(scripts.map(s -> s.getFileName().toString()).filter(s -> !s.endsWith(".sh")))
          .isSubsetOf(run);
    }
    assertThat(ROOT.resolve(".ci/run"))
        .content()
        .contains(
            "\nscripts/smoke\n", "\nscripts/quickstart\n", "\nscripts/dist\n", "\nscripts/test\n");
  }

  /** Verbs, options and their values, as the command takes them. */
  @Test
  void theVerbsThatADocumentPrintsAreUnderstood() throws Exception {
    List<Printed> verbs = printed().stream().filter(p -> p.script().equals("lambda")).toList();
    assertThat(verbs).hasSizeGreaterThan(5);
    for (Printed verb : verbs) {
      if (verb.arguments().stream().noneMatch(a -> a.startsWith("<"))) {
        new CommandLine(new Lambda()).parseArgs(verb.arguments().toArray(String[]::new));
      }
    }
  }
}
