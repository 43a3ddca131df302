package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.serving.query.QueryCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

/** A verb that nobody registered would be no verb. */
class GroupTest {
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

    assertThat(Arrays.stream(Group.values()).<Class<?>>flatMap(group -> group.verbs().stream()))
        .hasSizeGreaterThan(10)
        .containsExactlyInAnyOrderElementsOf(expected);
  }
}
