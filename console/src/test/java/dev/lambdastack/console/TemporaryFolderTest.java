package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
  @TempDir Path parent;

  /** A process with a folder and something in it, until it is killed. */
  public static final class Host {
    private Host() {}

    public static void main(String[] args) throws Exception {
      TemporaryFolder own = TemporaryFolder.open();
      Files.writeString(Files.createTempFile("flink-rpc", ".jar"), "21 MB");
      System.out.println(own.path());
      System.in.read();
    }
  }

  private Process host() throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + Files.createTempDirectory(parent, "lambda-tmp-"),
            "-cp",
            System.getProperty("java.class.path"),
            Host.class.getName())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static Path folder(Process host) throws Exception {
    Path folder = Path.of(host.inputReader().readLine());
    assertThat(folder).isDirectoryContaining(p -> p.toString().endsWith(".jar"));
    return folder;
  }

  @Test
  void whatAKilledProcessLeftIsSweptAndWhatALivingOneHasIsNot() throws Exception {
    Process killed = host();
    Process living = host();
    try {
      Path left = folder(killed);
      Path kept = folder(living);
      killed.destroyForcibly();
      assertThat(killed.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(left).as("SIGKILL leaves it").exists();

      try (TemporaryFolder own = TemporaryFolder.in(parent)) {
        assertThat(left).doesNotExist();
        assertThat(kept).isDirectoryContaining(p -> p.toString().endsWith(".jar"));
        assertThat(own.path()).isEmptyDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own.path())))
            .isEqualTo("rwx------");
      }
      living.destroyForcibly();
      assertThat(living.waitFor(1, TimeUnit.MINUTES)).isTrue();
      TemporaryFolder.in(parent).close();
      assertThat(parent).isEmptyDirectory();
    } finally {
      killed.destroyForcibly();
      living.destroyForcibly();
    }
  }

  /** Each looks at what the others have just made, and not yet locked. */
  @Test
  void eachOfManyThatStartAtOnceHasAFolder() throws Exception {
    List<Process> hosts = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        hosts.add(host());
      }
      for (Process host : hosts) {
        folder(host);
      }
    } finally {
      hosts.forEach(Process::destroyForcibly);
    }
  }

  @Test
  void whatALauncherMadeForAJvmThatNeverCameUpIsSwept() throws Exception {
    Path old = Files.createDirectory(parent.resolve("lambda-tmp-old"));
    Path used = Files.createDirectory(parent.resolve("lambda-tmp-used"));
    Files.writeString(used.resolve("file"), "of somebody");
    Path starting = Files.createDirectory(parent.resolve("lambda-tmp-starting"));
    FileTime yesterday = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
    Files.setLastModifiedTime(old, yesterday);
    Files.setLastModifiedTime(used, yesterday);

    try (TemporaryFolder own = TemporaryFolder.in(parent)) {
      assertThat(own.path()).exists();
      assertThat(old).doesNotExist();
      assertThat(used).exists();
      assertThat(starting).exists();
    }
  }

  @Test
  void whatOthersHaveThereStays() throws Exception {
    Path other = Files.createDirectory(parent.resolve("lambda-tmp-1"));
    Path linked = Files.createDirectory(parent.resolve("precious"));
    Files.createSymbolicLink(
        parent.resolve("lambda-tmp-2.lock"), Files.createFile(linked.resolve("file")));
    Files.createSymbolicLink(parent.resolve("lambda-tmp-3"), linked);
    Files.createFile(parent.resolve("lambda-tmp-3.lock"));

    TemporaryFolder.in(parent).close();

    assertThat(other).as("no lock says that it is ours").exists();
    assertThat(linked.resolve("file")).exists();
    assertThat(parent.resolve("lambda-tmp-2.lock")).exists();
    assertThat(parent.resolve("lambda-tmp-3")).doesNotExist();
  }
}
