package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLockTest {
  @TempDir private Path folder;

  /** The other process: holds the lock from its first byte until it is told to end. */
  public static void main(String[] arguments) throws IOException {
    LocalLock lock = new LocalLock();
    System.out.write(lock.acquire(arguments[0], "other") ? '+' : '-');
    System.out.flush();
    while (System.in.read() >= 0) {
      // Until the end of the input.
    }
    System.exit(lock.release(arguments[0], "other") ? 0 : 1);
  }

  /** Whether another process holds the lock now. */
  private boolean isHeldElsewhere() throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve(LocalLock.FILE),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  @Test
  void oneProcessHoldsItAndTheNextOneGetsIt() throws Exception {
    String file = folder.resolve("v2.metadata.json").toUri().toString();
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                LocalLockTest.class.getName(),
                file)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('+');
      assertThat(isHeldElsewhere()).isTrue();

      other.getOutputStream().close();
      LocalLock lock = new LocalLock();
      assertThat(lock.acquire(file, "this")).as("waits for the other one").isTrue();
      assertThat(lock.release(file, "this")).isTrue();
      assertThat(lock.release(file, "this")).as("it holds it no longer").isFalse();
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isZero();
      assertThat(isHeldElsewhere()).isFalse();
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void aCommitInALocalFolderTakesIt() throws IOException {
    Hits hits = new Hits(folder);
    hits.commit(hits.open(), "run-1", 7, 0);
    assertThat(folder.resolve("events/hits/metadata").resolve(LocalLock.FILE)).exists();
  }
}
