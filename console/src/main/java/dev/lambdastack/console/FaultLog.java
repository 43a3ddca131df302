package dev.lambdastack.console;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * The file that traces go to: what {@code -Dlambda.log} names, else the environment variable {@code
 * LAMBDA_LOG}, else {@code lambda-<user>.log} in the JVM's folder for temporary files. The log
 * backend is set up to write its warnings to the same file.
 */
final class FaultLog {
  private static final String PROPERTY = "lambda.log";
  private static final String VARIABLE = "LAMBDA_LOG";

  private FaultLog() {}

  /** Lets the log backend know the file; to be called before anything logs. */
  static void announce() {
    System.setProperty(PROPERTY, path().toString());
  }

  static Path path() {
    String named = System.getProperty(PROPERTY, System.getenv(VARIABLE));
    return named == null || named.isBlank()
        ? Path.of(
            System.getProperty("java.io.tmpdir"),
            "lambda-" + System.getProperty("user.name") + ".log")
        : Path.of(named).toAbsolutePath();
  }

  /** Appends the trace, and says where, or why it could not. */
  static synchronized String append(String where, Throwable fault) {
    StringWriter trace = new StringWriter();
    fault.printStackTrace(new PrintWriter(trace, true));
    Path path = path();

    try {
      if (path.getParent() != null) {
        Files.createDirectories(path.getParent());
      }
      Files.writeString(
          path,
          "%s FAULT in %s: %s".formatted(Instant.now(), where, trace),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return "The trace is in " + path;
    } catch (IOException e) {
      return "The trace could not be written to %s (%s); let LAMBDA_LOG name a file that can be"
          .formatted(path, e.getClass().getSimpleName());
    }
  }
}
