package dev.lambdastack.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A peer in a process and class path of its own, warm between runs: it says {@code @ready} when it
 * can be asked, takes a line for each run, and answers {@code @done <seconds> <rows> <totals>} or {@code
 * @failed <why>}. What else it prints goes to its log.
 */
final class Peer implements AutoCloseable {
  private static final int STOP_SECONDS = 30;

  private final String name;
  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;

  /**
   * What a run took, by the peer's own clock.
   *
   * @param totals what else it counted, by which its answer is checked
   */
  record Run(double seconds, long rows, List<Long> totals) {}

  private Peer(String name, Process process) {
    this.name = name;
    this.process = process;
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.questions = process.outputWriter(StandardCharsets.UTF_8);
  }

  /**
   * Starts {@code <folder>/target/lib/*} and {@code <folder>/target/classes}; returns when it is
   * ready.
   *
   * @param heap as {@code -Xmx} takes it
   */
  static Peer start(Path folder, String mainClass, String heap, Path log, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(a -> a.startsWith("--add-opens"))
            .toList());
    command.addAll(
        List.of(
            "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
            "--add-opens=java.base/sun.util.calendar=ALL-UNNAMED",
            "-Duser.timezone=UTC",
            "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
            "-Xmx" + heap,
            "-cp",
            folder.resolve("target/classes") + ":" + folder.resolve("target/lib") + "/*",
            mainClass));
    command.addAll(arguments);

    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();

    Peer peer = new Peer(mainClass, process);
    peer.await("@ready");
    return peer;
  }

  /** One run. */
  Run run(String question) throws IOException {
    questions.write(question + "\n");
    questions.flush();
    String[] answer = await("@done ").split(" ");
    return new Run(
        Double.parseDouble(answer[1]),
        Long.parseLong(answer[2]),
        Arrays.stream(answer).skip(3).map(Long::parseLong).toList());
  }

  private String await(String prefix) throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(prefix)) {
        return line;
      }
      if (line.startsWith("@failed")) {
        throw new IOException(name + ": " + line);
      }
    }
    throw new IOException(name + " ended before it said " + prefix.strip());
  }

  @Override
  public void close() {
    try {
      questions.close();
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
