package dev.lambdastack.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Standard output or error, which keeps why it could not be written first: the writers of Java
 * swallow that. Thread-safe.
 */
final class ConsoleStream extends OutputStream {
  private final OutputStream stream;
  private final boolean isPipe;
  private Consumer<ConsoleStream> onFailure = failed -> {};
  private volatile IOException failure;

  ConsoleStream(OutputStream stream, boolean isPipe) {
    this.stream = stream;
    this.isPipe = isPipe;
  }

  static ConsoleStream out() {
    return new ConsoleStream(new FileOutputStream(FileDescriptor.out), isPipe(1));
  }

  static ConsoleStream err() {
    return new ConsoleStream(new FileOutputStream(FileDescriptor.err), isPipe(2));
  }

  /** What to do at the first failure: a command that goes on may never end by itself. */
  void onFailure(Consumer<ConsoleStream> told) {
    onFailure = told;
  }

  private interface Work {
    void run() throws IOException;
  }

  private synchronized void keeping(Work work) throws IOException {
    try {
      work.run();
    } catch (IOException e) {
      if (failure == null) {
        failure = e;
        onFailure.accept(this);
      }
      throw e;
    }
  }

  @Override
  public void write(int value) throws IOException {
    keeping(() -> stream.write(value));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    keeping(() -> stream.write(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    keeping(stream::flush);
  }

  Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Whether nobody reads on, as {@code head} does when it has seen enough. The system's own message
   * comes in any language; a pipe fails for no other reason.
   */
  boolean isLeft() {
    IOException why = failure;
    return why != null && (isPipe || String.valueOf(why.getMessage()).contains("Broken pipe"));
  }

  /** False where the system does not say. */
  private static boolean isPipe(int descriptor) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
          .toString()
          .startsWith("pipe:");
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
