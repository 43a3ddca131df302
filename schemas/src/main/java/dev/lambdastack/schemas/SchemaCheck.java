package dev.lambdastack.schemas;

import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Checks a folder of schemas: each version of an event can read every other one, earlier and later.
 *
 * <pre>{@code java -cp <jars> dev.lambdastack.schemas.SchemaCheck src/main/resources/avro}</pre>
 *
 * Exit code 0 when it is so, 2 when not, with a line for each problem on standard error that names
 * file, field and what to do.
 */
public final class SchemaCheck {
  private SchemaCheck() {}

  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length != 1) {
      err.println("Usage: SchemaCheck <folder with the files <name>.v<number>.avsc>");
      return InvalidInputException.EXIT_CODE;
    }

    List<String> problems;
    try {
      problems = problems(Path.of(args[0]));
    } catch (InvalidInputException e) {
      problems = List.of(e.getMessage());
    }

    problems.forEach(err::println);
    if (problems.isEmpty()) {
      out.println("All schemas in " + args[0] + " go together.");
      return 0;
    }
    return InvalidInputException.EXIT_CODE;
  }

  /**
   * One line for each problem, none when the folder is good.
   *
   * @throws InvalidInputException when a file cannot be read as a schema version
   */
  public static List<String> problems(Path folder) {
    List<SchemaVersion> versions;
    try {
      if (!Files.isDirectory(folder)) {
        throw new InvalidInputException(
            "Cannot check %s: expected a folder, found %s"
                .formatted(folder, Files.exists(folder) ? "a file" : "nothing"));
      }

      versions = SchemaStore.readFolder(folder);
    } catch (IOException e) {
      throw new InvalidInputException("Cannot read %s: %s".formatted(folder, e), e);
    }

    if (versions.isEmpty()) {
      throw new InvalidInputException(
          "Cannot check %s: expected files <name>.v<number>.avsc, found none".formatted(folder));
    }

    Map<String, List<SchemaVersion>> byFile = new LinkedHashMap<>();
    versions.stream()
        .sorted(Comparator.comparingInt(SchemaVersion::version))
        .forEach(v -> byFile.computeIfAbsent(stem(v), s -> new ArrayList<>()).add(v));

    List<String> problems = new ArrayList<>();
    Map<String, String> stems = new HashMap<>();
    byFile.forEach(
        (stem, family) -> {
          checkFamily(stem, family, problems);
          String other = stems.putIfAbsent(family.get(0).fullName(), stem);
          if (other != null) {
            problems.add(
                "%s: holds %s, as %s does: give the versions of one event one file name"
                    .formatted(family.get(0).source(), family.get(0).fullName(), other));
          }
        });

    return problems;
  }

  private static String stem(SchemaVersion version) {
    return version.source().replaceFirst("\\.v[0-9]+\\.avsc$", "");
  }

  private static void checkFamily(String stem, List<SchemaVersion> family, List<String> problems) {
    for (int i = 0; i < family.size(); i++) {
      SchemaVersion later = family.get(i);
      if (later.version() != i + 1) {
        problems.add(
            String.format(
                Locale.ROOT,
                "%s: version %d is missing; number versions from 1 without gaps and keep all (bring back %s.v%d.avsc)",
                later.source(),
                i + 1,
                stem,
                i + 1));
        return;
      }

      for (SchemaVersion earlier : family.subList(0, i)) {
        if (!later.fullName().equals(earlier.fullName())) {
          problems.add(
              "%s: the record is named %s, and %s in %s; an event keeps its name, a new event has a file of its own"
                  .formatted(
                      later.source(), later.fullName(), earlier.fullName(), earlier.source()));
          continue;
        }

        report(later, later, earlier, problems);
        report(later, earlier, later, problems);
      }
    }
  }

  private static void report(
      SchemaVersion file, SchemaVersion reader, SchemaVersion writer, List<String> problems) {
    for (Evolution.Problem problem : Evolution.problems(reader.schema(), writer.schema())) {
      problems.add(
          "%s: field '%s': %s cannot read events of %s: %s; keep the field as it is, or add one of a new name with a default"
              .formatted(file.source(), problem.field(), reader, writer, problem.why()));
    }
  }
}
