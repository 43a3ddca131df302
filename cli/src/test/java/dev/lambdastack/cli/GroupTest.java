package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.serving.query.QueryCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

/** A verb that nobody registered would be no verb, and one in no document is not found. */
class GroupTest {
  private static final Pattern CODE = Pattern.compile("`([a-z-]+)[^`]*`");

  /** Every class of this module that is a command, but for those within another. */
  private static List<Class<?>> commands() throws Exception {
    Path root = Path.of(Lambda.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<?>> commands = new ArrayList<>();

    try (Stream<Path> files = Files.walk(root.resolve("dev/lambdastack/cli"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        String name = root.relativize(file).toString().replace('/', '.').replace(".class", "");
        Class<?> type = Class.forName(name, false, Lambda.class.getClassLoader());
        if (type.getEnclosingClass() == null
            && (type.isAnnotationPresent(Command.class) || name.endsWith("Command"))) {
          commands.add(type);
        }
      }
    }

    return commands;
  }

  @Test
  void everyCommandIsRegisteredOnce() throws Exception {
    List<Class<?>> expected = new ArrayList<>(commands());
    expected.remove(Lambda.class);
    // The analysts' jar has it too.
    expected.add(QueryCommand.class);

    List<Class<?>> registered =
        Arrays.stream(Group.values()).<Class<?>>flatMap(group -> group.verbs().stream()).toList();
    assertThat(registered).hasSizeGreaterThan(10).doesNotHaveDuplicates();
    assertThat(expected).containsAll(registered);

    expected.removeAll(registered);
    assertThat(expected).as("commands that no group has; register them in Group").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "cli/README.md"})
  void everyVerbStandsInTheTableOfVerbs(String document) throws Exception {
    Set<String> verbs =
        Arrays.stream(Group.values())
            .flatMap(group -> group.verbs().stream())
            .map(verb -> verb.getAnnotation(Command.class).name())
            .collect(Collectors.toCollection(TreeSet::new));

    Set<String> missing = new TreeSet<>(verbs);
    missing.removeAll(tableOfVerbs(document));
    assertThat(missing).as("verbs without a row in the table of %s", document).isEmpty();

    Set<String> unknown = tableOfVerbs(document);
    unknown.removeAll(verbs);
    assertThat(unknown).as("rows in the table of %s that are no verbs", document).isEmpty();
  }

  /** The first word of each piece of code in the table's first column. */
  private static Set<String> tableOfVerbs(String document) throws Exception {
    List<String> rows =
        Files.readAllLines(Path.of("..").resolve(document)).stream()
            .dropWhile(line -> !line.startsWith("| verb |"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .toList();

    Set<String> verbs = new TreeSet<>();
    for (String row : rows) {
      Matcher code = CODE.matcher(row.substring(0, row.indexOf(" | ")));
      while (code.find()) {
        verbs.add(code.group(1));
      }
    }
    return verbs;
  }
}
