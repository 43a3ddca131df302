package dev.lambdastack.views;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A class of a user's jar, compiled by the test and loaded by a class loader of its own. */
final class CompiledFormula implements AutoCloseable {
  private final Path folder;
  private final URLClassLoader loader;

  private CompiledFormula(Path folder, URLClassLoader loader) {
    this.folder = folder;
    this.loader = loader;
  }

  /** Compiles {@code user.Formulas} with this body. */
  static CompiledFormula compile(String body) throws IOException {
    Path folder = Files.createTempDirectory("formulas");
    Path source = Files.createDirectories(folder.resolve("user")).resolve("Formulas.java");
    Files.writeString(
        source,
        "package user; import dev.lambdastack.views.*; public final class Formulas { %s }"
            .formatted(body));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter problems = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  problems,
                  files,
                  null,
                  List.of(
                      "-d",
                      folder.toString(),
                      "-proc:none",
                      "-cp",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      if (!compiled) {
        throw new IllegalArgumentException(problems.toString());
      }
    }
    return new CompiledFormula(
        folder,
        new URLClassLoader(
            new URL[] {folder.toUri().toURL()}, CompiledFormula.class.getClassLoader()));
  }

  /** What the static method without arguments returns. */
  Derivation formula(String method) throws ReflectiveOperationException {
    return (Derivation) Class.forName("user.Formulas", true, loader).getMethod(method).invoke(null);
  }

  @Override
  public void close() throws IOException {
    loader.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
